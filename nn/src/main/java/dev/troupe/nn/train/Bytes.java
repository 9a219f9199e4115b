package dev.troupe.nn.train;

import dev.troupe.nn.torch.TensorScope;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;

/** A tensor's memory as bytes. */
final class Bytes {
  private static final long WINDOW = 1 << 30;

  private Bytes() {}

  /** Shows the tensor's values, in host memory and row-major, to {@code reader} piece by piece. */
  static void of(Tensor tensor, Consumer<ByteBuffer> reader) {
    try (TensorScope scope = new TensorScope()) {
      Tensor host = tensor.detach().cpu().contiguous();
      long bytes = host.nbytes();
      if (bytes == 0) {
        return;
      }
      BytePointer data = new BytePointer(host.data_ptr());
      for (long from = 0; from < bytes; from += WINDOW) {
        long length = Math.min(WINDOW, bytes - from);
        reader.accept(data.position(from).limit(from + length).asByteBuffer());
      }
    }
  }
}
