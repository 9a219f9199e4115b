package dev.troupe.nn.train;

import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.torch.TensorScope;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * BatchNorm's running statistics. Each rank normalises its own micro-batches by themselves, as
 * OpenCLIP without SyncBN does; after a step the running statistics of all ranks become their mean,
 * weighted by the ranks' samples, so that they are equal everywhere. Those of a discarded step are
 * put back.
 */
final class BufferSync {
  private final Map<String, Tensor> buffers;

  BufferSync(Map<String, Tensor> buffers) {
    this.buffers = buffers;
  }

  /** A copy of the buffers, which the caller closes. */
  Snapshot snapshot() {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    try (PointerScope scope = new PointerScope()) {
      buffers.forEach(
          (name, buffer) -> {
            Tensor copy = buffer.clone();
            copy.retainReference();
            copies.put(name, copy);
          });
    }
    return new Snapshot(copies);
  }

  /** Buffers as they were. */
  final class Snapshot implements AutoCloseable {
    private final Map<String, Tensor> copies;

    private Snapshot(Map<String, Tensor> copies) {
      this.copies = copies;
    }

    /** Puts the buffers back; may be called more than once before closing. */
    void restore() {
      copies.forEach((name, copy) -> buffers.get(name).copy_(copy));
    }

    @Override
    public void close() {
      copies.values().forEach(Tensor::close);
      copies.clear();
    }
  }

  /** Makes the buffers of all ranks equal. */
  void average(Collectives group, long[] counts) throws CollectiveException {
    if (buffers.isEmpty() || group.worldSize() == 1) {
      return;
    }
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    double weight = total == 0 ? 1.0 / counts.length : (double) counts[group.rank()] / total;
    try (TensorScope scope = new TensorScope()) {
      TensorVector parts = new TensorVector();
      for (Tensor buffer : buffers.values()) {
        // Counters are rank 0's; a weighted mean of them would not be whole.
        double own = buffer.is_floating_point() ? weight : group.rank() == 0 ? 1 : 0;
        parts.push_back(buffer.to(ScalarType.Double).reshape(-1).mul(new Scalar(own)));
      }
      Tensor flat = torch.cat(parts);
      group.allReduce(flat);
      long offset = 0;
      for (Tensor buffer : buffers.values()) {
        buffer.copy_(flat.narrow(0, offset, buffer.numel()).view(buffer.sizes().vec().get()));
        offset += buffer.numel();
      }
    }
  }
}
