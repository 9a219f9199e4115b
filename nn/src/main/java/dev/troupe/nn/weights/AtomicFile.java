package dev.troupe.nn.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * A file that appears whole or not at all: written under a temporary name beside its own, forced to
 * the disk, then renamed. Its CRC-32C is computed on the way.
 */
final class AtomicFile implements AutoCloseable {
  /** Large enough for full speed, small enough for a ByteBuffer. */
  private static final long BLOCK = 64L << 20;

  private final Path path;
  private final Path temporary;
  private final FileChannel channel;
  private final CRC32C crc = new CRC32C();
  private long position;
  private boolean committed;

  AtomicFile(Path path) {
    this.path = path.toAbsolutePath();
    this.temporary =
        this.path.resolveSibling(this.path.getFileName() + ".tmp-" + ProcessHandle.current().pid());
    try {
      channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Bytes written so far. */
  long position() {
    return position;
  }

  void write(ByteBuffer bytes) {
    crc.update(bytes.duplicate());
    position += bytes.remaining();
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Writes a tensor's elements in row-major order, whatever its strides and device. */
  void write(Tensor tensor) {
    blocks(tensor, this::write);
  }

  /** Hands a tensor's elements in row-major order on, in blocks that are valid during the call. */
  static void blocks(Tensor tensor, java.util.function.Consumer<ByteBuffer> sink) {
    try (PointerScope scope = new PointerScope()) {
      Tensor plain = tensor.detach().cpu().contiguous();
      long bytes = plain.nbytes();
      if (bytes == 0) {
        return;
      }
      BytePointer data = new BytePointer(plain.data_ptr());
      for (long start = 0; start < bytes; start += BLOCK) {
        long length = Math.min(BLOCK, bytes - start);
        sink.accept(new BytePointer(data).position(start).limit(start + length).asByteBuffer());
      }
    }
  }

  /** Makes the file visible under its name; after a crash it is there in full or not at all. */
  Written commit() {
    try {
      channel.force(true);
      channel.close();
      Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel folder = FileChannel.open(path.getParent(), StandardOpenOption.READ)) {
        folder.force(true);
      }
    } catch (IOException e) {
      throw failure(e);
    }
    committed = true;
    return new Written(path, position, Checksums.hex(crc));
  }

  /** Removes what was written unless it was committed. */
  @Override
  public void close() {
    if (committed) {
      return;
    }
    try {
      channel.close();
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private UncheckedIOException failure(IOException cause) {
    return new UncheckedIOException("can't write " + path + ": " + cause.getMessage(), cause);
  }
}
