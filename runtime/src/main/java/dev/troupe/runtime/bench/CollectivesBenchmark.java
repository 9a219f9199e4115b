package dev.troupe.runtime.bench;

import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.collective.GroupSpec;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.torch.Torch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** Times one rank's side of the collectives that a training step uses. */
public final class CollectivesBenchmark {
  /** Values of a row: a feature of ViT-B-32. */
  private static final int WIDTH = 512;

  private CollectivesBenchmark() {}

  /**
   * Medians over the repetitions.
   *
   * @param operation which collective
   * @param worldSize ranks
   * @param bytes size of each rank's tensor
   * @param milliseconds median duration
   * @param gigabytesPerSecond bytes of the tensor by that duration
   */
  public record Row(
      String operation,
      int worldSize,
      long bytes,
      double milliseconds,
      double gigabytesPerSecond) {}

  /**
   * Runs the benchmark; every rank calls it with the same sizes and repetitions.
   *
   * @param device {@code cpu} or {@code cuda:N}
   * @param sizes bytes of each rank's tensor
   */
  public static List<Row> run(
      String device,
      int rank,
      int worldSize,
      String rendezvous,
      String host,
      long[] sizes,
      int repetitions)
      throws CollectiveException {
    Torch.load();
    Device on = Torch.device(device);
    GroupSpec spec =
        new GroupSpec(device, 1, rank, worldSize, rendezvous, host, Duration.ofSeconds(60));
    List<Row> rows = new ArrayList<>();
    try (Collectives group = Collectives.join(spec)) {
      for (long bytes : sizes) {
        rows.add(
            time("all-reduce", group, on, bytes, repetitions, tensor -> group.allReduce(tensor)));
        rows.add(
            time(
                "all-gather",
                group,
                on,
                bytes,
                repetitions,
                tensor -> group.allGather(tensor, counts(worldSize, tensor.size(0)))));
        rows.add(
            time("broadcast", group, on, bytes, repetitions, tensor -> group.broadcast(tensor, 0)));
      }
      rows.add(time("barrier", group, on, 0, repetitions, tensor -> group.barrier()));
    }
    return rows;
  }

  private interface Operation {
    void run(Tensor tensor) throws CollectiveException;
  }

  private static long[] counts(int worldSize, long rows) {
    long[] counts = new long[worldSize];
    Arrays.fill(counts, rows);
    return counts;
  }

  private static Row time(
      String name,
      Collectives group,
      Device device,
      long bytes,
      int repetitions,
      Operation operation)
      throws CollectiveException {
    double[] seconds = new double[repetitions];
    try (TensorScope scope = new TensorScope()) {
      Tensor tensor =
          torch.ones(new long[] {Math.max(1, bytes / 4 / WIDTH), WIDTH}, new TensorOptions(device));
      for (int i = -2; i < repetitions; i++) {
        group.barrier();
        long start = System.nanoTime();
        try (TensorScope inner = new TensorScope()) {
          operation.run(tensor);
        }
        if (i >= 0) {
          seconds[i] = (System.nanoTime() - start) / 1e9;
        }
      }
    }
    Arrays.sort(seconds);
    double median = seconds[repetitions / 2];
    return new Row(name, group.worldSize(), bytes, median * 1e3, bytes / median / 1e9);
  }
}
