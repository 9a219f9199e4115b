package dev.troupe.nn.train;

import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.collective.PendingWork;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Sends tensors of one rank to those that are behind, in chunks through two small buffers: while
 * one chunk travels, the other is filled or emptied. A checksum over all of it is compared at the
 * end. To a single rank, a newcomer as a rule, they go directly; to several by a broadcast, which
 * spreads the work, though the others get them too.
 *
 * <p>A transfer that was aborted may go on behind for a while; it then writes to the buffers, never
 * to the tensors.
 */
final class StateSync {
  private static final int CHUNK_BYTES = 8 << 20;

  private final Collectives group;
  private final AtomicLong progress;

  StateSync(Collectives group, AtomicLong progress) {
    this.group = group;
    this.progress = progress;
  }

  /** A run of bytes of a tensor, and where it lies in its chunk. */
  private record Piece(Tensor tensor, long from, long at, long length) {}

  /**
   * Overwrites the tensors of receiving ranks with those of {@code root}. All ranks call it with
   * tensors of the same shapes in the same order.
   *
   * @param receivers the ranks that are behind, the same on all ranks
   * @throws CollectiveException if the group breaks or what arrived is damaged; the tensors of this
   *     rank, if receiving, are then worth nothing
   */
  void send(Collection<Tensor> tensors, int root, List<Integer> receivers)
      throws CollectiveException {
    boolean sending = group.rank() == root;
    boolean receiving = receivers.contains(group.rank());
    CRC32C checksum = new CRC32C();
    List<List<Piece>> chunks = chunks(tensors);
    try (TensorScope scope = new TensorScope()) {
      Tensor[] buffers = {buffer(), buffer()};
      PendingWork[] travelling = new PendingWork[2];
      for (int i = 0; i <= chunks.size(); i++) {
        if (i < chunks.size()) {
          Tensor part = buffers[i % 2].narrow(0, 0, length(chunks.get(i)));
          if (sending) {
            fill(part, chunks.get(i));
            update(checksum, part);
          }
          travelling[i % 2] =
              receivers.size() == 1
                  ? group.startSend(part, root, receivers.get(0))
                  : group.startBroadcast(part, root);
        }
        if (i > 0) {
          travelling[(i - 1) % 2].await();
          if (receiving) {
            List<Piece> chunk = chunks.get(i - 1);
            Tensor part = buffers[(i - 1) % 2].narrow(0, 0, length(chunk));
            update(checksum, part);
            empty(part, chunk);
          }
          progress.incrementAndGet();
        }
      }
    }
    compare(root, sending || receiving ? checksum.getValue() : -1);
  }

  private void compare(int root, long checksum) throws CollectiveException {
    long[][] all = group.allGather(checksum);
    for (int r = 0; r < all.length; r++) {
      if (all[r][0] >= 0 && all[r][0] != all[root][0]) {
        throw new CollectiveException(
            "state transfer",
            group.rank(),
            "rank " + r + " got damaged data from rank " + root,
            null);
      }
    }
  }

  private Tensor buffer() {
    return torch.empty(
        new long[] {CHUNK_BYTES},
        new TensorOptions()
            .dtype(new ScalarTypeOptional(ScalarType.Byte))
            .device(new DeviceOptional(new Device(group.device()))),
        new MemoryFormatOptional());
  }

  private static List<List<Piece>> chunks(Collection<Tensor> tensors) {
    List<List<Piece>> chunks = new ArrayList<>();
    long filled = CHUNK_BYTES;
    for (Tensor tensor : tensors) {
      long bytes = tensor.nbytes();
      for (long from = 0; from < bytes; ) {
        if (filled == CHUNK_BYTES) {
          chunks.add(new ArrayList<>());
          filled = 0;
        }
        long length = Math.min(bytes - from, CHUNK_BYTES - filled);
        chunks.get(chunks.size() - 1).add(new Piece(tensor, from, filled, length));
        from += length;
        filled += length;
      }
    }
    return chunks;
  }

  private static long length(List<Piece> chunk) {
    Piece last = chunk.get(chunk.size() - 1);
    return last.at() + last.length();
  }

  private static void fill(Tensor part, List<Piece> chunk) {
    try (TensorScope scope = new TensorScope()) {
      for (Piece piece : chunk) {
        part.narrow(0, piece.at(), piece.length()).copy_(bytes(piece));
      }
    }
  }

  private static void empty(Tensor part, List<Piece> chunk) {
    try (TensorScope scope = new TensorScope()) {
      for (Piece piece : chunk) {
        bytes(piece).copy_(part.narrow(0, piece.at(), piece.length()));
      }
    }
  }

  private static Tensor bytes(Piece piece) {
    Tensor flat = piece.tensor().detach().view(-1).view(ScalarType.Byte);
    return flat.narrow(0, piece.from(), piece.length());
  }

  private static void update(CRC32C checksum, Tensor part) {
    try (TensorScope scope = new TensorScope()) {
      Bytes.of(part, checksum::update);
    }
  }
}
