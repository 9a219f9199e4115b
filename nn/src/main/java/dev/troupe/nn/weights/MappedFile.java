package dev.troupe.nn.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A file mapped into memory (private, copy on write) as one tensor of bytes, of which the stored
 * tensors are views.
 *
 * <p>libtorch maps rather than {@link FileChannel#map}: its mapping has no limit of 2 GiB, and it
 * lives as long as any tensor on it, where a Java buffer would be unmapped under a tensor that
 * outlives it.
 */
final class MappedFile implements AutoCloseable {
  private final Path path;
  private final long size;
  private final FileChannel channel;
  private Tensor bytes;

  private MappedFile(Path path, long size, FileChannel channel) {
    this.path = path;
    this.size = size;
    this.channel = channel;
  }

  /** Opens a file; it is mapped when the first tensor is asked for. */
  static MappedFile open(Path path) {
    if (!Files.exists(path)) {
      throw new WeightsException(path + ": no such file");
    }
    if (!Files.isRegularFile(path)) {
      throw new WeightsException(path + ": not a regular file");
    }
    try {
      FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
      return new MappedFile(path, channel.size(), channel);
    } catch (IOException e) {
      throw new UncheckedIOException(path + ": " + e.getMessage(), e);
    }
  }

  Path path() {
    return path;
  }

  long size() {
    return size;
  }

  /** Reads some bytes of the file, little-endian; the caller has checked them against the size. */
  ByteBuffer read(long offset, int length) {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    try {
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, offset + buffer.position()) < 0) {
          throw new WeightsException(path + ": the file became shorter while it was read");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(path + ": " + e.getMessage(), e);
    }
    return buffer.flip();
  }

  /**
   * A contiguous tensor of the file.
   *
   * @param offset its first byte, from the start of the file
   */
  Tensor tensor(long offset, DType dtype, long[] shape) {
    long count = Shapes.elements(shape);
    if (count == 0) {
      return torch.empty(shape, new TensorOptions(dtype.scalarType()), null);
    }
    return storage(offset, dtype, count).view(shape);
  }

  /** {@code count} elements of the file from byte {@code offset} on, as a flat tensor. */
  Tensor storage(long offset, DType dtype, long count) {
    Tensor slice = bytes().narrow(0, offset, Math.multiplyExact(count, (long) dtype.bytes()));
    if (offset % dtype.bytes() != 0) {
      slice = slice.clone(); // no processor-aligned view of these bytes exists
    }
    return slice.view(dtype.scalarType());
  }

  private synchronized Tensor bytes() {
    if (bytes == null) {
      try (PointerScope scope = new PointerScope()) {
        bytes =
            torch.from_file(
                path.toString(),
                new BoolOptional(false),
                new LongOptional(size),
                new TensorOptions(ScalarType.Byte));
        bytes.retainReference();
      } catch (RuntimeException e) {
        throw new WeightsException(
            path + ": can't be mapped: " + String.valueOf(e.getMessage()).split("\n", 2)[0], e);
      }
    }
    return bytes;
  }

  @Override
  public synchronized void close() {
    if (bytes != null) {
      bytes.releaseReference();
      bytes = null;
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(path + ": " + e.getMessage(), e);
    }
  }
}
