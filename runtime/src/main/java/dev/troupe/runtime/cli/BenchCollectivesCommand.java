package dev.troupe.runtime.cli;

import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Rendezvous;
import dev.troupe.nn.torch.Torch;
import dev.troupe.runtime.bench.CollectivesBenchmark;
import dev.troupe.runtime.bench.JvmProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code troupe bench collectives}. */
@Command(
    name = "collectives",
    description = {
      "Times all-reduce, all-gather, broadcast and barrier between processes.",
      "Starts the other ranks on this machine; with --rank it is one rank among several machines."
    },
    footer = {
      "%nExamples:",
      "  ./troupe bench collectives --world-size 3",
      "  On two machines, rank 0 on host a:",
      "    ./troupe bench collectives --world-size 2 --rank 0 --rendezvous a:7400 --host a",
      "    ./troupe bench collectives --world-size 2 --rank 1 --rendezvous a:7400 --host b",
      ""
    })
final class BenchCollectivesCommand implements Callable<Integer> {
  @Option(
      names = "--world-size",
      paramLabel = "N",
      defaultValue = "2",
      description = "Number of ranks. [${DEFAULT-VALUE}]")
  private int worldSize;

  @Option(names = "--rank", paramLabel = "R", description = "Be this rank only.")
  private Integer rank;

  @Option(
      names = "--rendezvous",
      paramLabel = "HOST:PORT",
      description = "Where rank 0 listens. [a free port here]")
  private String rendezvous;

  @Option(
      names = "--host",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description = "This machine's address for the tensors. [${DEFAULT-VALUE}]")
  private String host;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "cpu (Gloo) or cuda:N (NCCL). [${DEFAULT-VALUE}]")
  private String device;

  @Option(
      names = "--bytes",
      paramLabel = "N",
      split = ",",
      defaultValue = "4096,1048576,33554432",
      description = "Sizes of a rank's tensor. [${DEFAULT-VALUE}]")
  private long[] bytes;

  @Option(
      names = "--repetitions",
      paramLabel = "N",
      defaultValue = "20",
      description = "Operations timed. [${DEFAULT-VALUE}]")
  private int repetitions;

  @Mixin private Figures figures;

  @Override
  public Integer call() throws CollectiveException, IOException, InterruptedException {
    if (rank != null && rank > 0) {
      run(rank, rendezvous);
      return 0;
    }
    Torch.load();
    int port = rendezvous == null ? 0 : Integer.parseInt(rendezvous.replaceFirst(".*:", ""));
    List<Process> others = new ArrayList<>();
    try (Rendezvous store = Rendezvous.host(host, port)) {
      for (int other = 1; rank == null && other < worldSize; other++) {
        others.add(startRank(other, store.address()));
      }
      print(run(0, store.address()));
      for (Process other : others) {
        other.waitFor();
      }
    } finally {
      others.forEach(Process::destroyForcibly);
    }
    return 0;
  }

  private List<CollectivesBenchmark.Row> run(int rank, String rendezvous)
      throws CollectiveException {
    return CollectivesBenchmark.run(device, rank, worldSize, rendezvous, host, bytes, repetitions);
  }

  private Process startRank(int other, String address) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("bench", "collectives"));
    arguments.addAll(List.of("--world-size", "" + worldSize, "--rank", "" + other));
    arguments.addAll(List.of("--rendezvous", address, "--host", host, "--device", device));
    arguments.addAll(List.of("--repetitions", "" + repetitions));
    for (long size : bytes) {
      arguments.addAll(List.of("--bytes", "" + size));
    }
    return JvmProcess.of(Main.class, Map.of(), arguments).inheritIO().start();
  }

  private void print(List<CollectivesBenchmark.Row> rows) {
    List<Map<String, Object>> table = new ArrayList<>();
    for (CollectivesBenchmark.Row row : rows) {
      Map<String, Object> cells = new LinkedHashMap<>();
      cells.put("operation", row.operation());
      cells.put("world_size", row.worldSize());
      cells.put("bytes", row.bytes());
      cells.put("milliseconds", row.milliseconds());
      cells.put("gigabytes_per_second", row.gigabytesPerSecond());
      table.add(cells);
    }
    figures.print("collectives", table);
  }
}
