package dev.troupe.nn.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.nn.torch.Torch;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class CollectivesTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @BeforeAll
  static void load() {
    Torch.load();
  }

  @Test
  void shouldAddUpOverAllRanks() throws Exception {
    List<float[]> sums =
        Ranks.run(
            3,
            group -> {
              Tensor tensor = torch.ones(5).mul(scalar(group.rank() + 1));
              group.allReduce(tensor);
              return floats(tensor);
            });

    assertThat(sums).allSatisfy(sum -> assertThat(sum).containsOnly(6f));
  }

  @Test
  void shouldRunSeveralReductionsAtOnce() throws Exception {
    List<float[]> sums =
        Ranks.run(
            3,
            group -> {
              Tensor[] tensors = new Tensor[20];
              PendingWork[] works = new PendingWork[20];
              for (int i = 0; i < works.length; i++) {
                tensors[i] = torch.ones(1000).mul(scalar(i + group.rank()));
                works[i] = group.startAllReduce(tensors[i]);
              }
              float[] firsts = new float[20];
              for (int i = 0; i < works.length; i++) {
                works[i].await();
                firsts[i] = floats(tensors[i])[999];
              }
              return firsts;
            });

    assertThat(sums)
        .allSatisfy(
            firsts ->
                IntStream.range(0, 20).forEach(i -> assertThat(firsts[i]).isEqualTo(3f * i + 3)));
  }

  @Test
  void shouldGatherUnevenAndEmptyRowsInTheOrderOfRanks() throws Exception {
    long[] counts = {2, 0, 3};
    List<float[]> gathered =
        Ranks.run(
            3,
            group -> {
              long n = counts[group.rank()];
              Tensor rows = torch.ones(n, 2).mul(scalar(group.rank() + 1));
              return floats(group.allGather(rows, counts));
            });

    assertThat(gathered)
        .allSatisfy(rows -> assertThat(rows).containsExactly(1, 1, 1, 1, 3, 3, 3, 3, 3, 3));
  }

  @Test
  void shouldGatherBytesAndNumbers() throws Exception {
    List<String> texts =
        Ranks.run(
            3,
            group -> {
              byte[] bytes = "x".repeat(group.rank()).getBytes(StandardCharsets.UTF_8);
              StringBuilder text = new StringBuilder();
              group.allGatherBytes(bytes).forEach(b -> text.append(b.length).append(' '));
              for (long[] row : group.allGather(group.rank(), 7)) {
                text.append(row[0]).append(row[1]).append(' ');
              }
              return text.toString();
            });

    assertThat(texts).containsOnly("0 1 2 07 17 27 ");
  }

  @Test
  void shouldCopyTheRootsTensor() throws Exception {
    List<float[]> copies =
        Ranks.run(
            3,
            group -> {
              Tensor tensor = torch.ones(4).mul(scalar(group.rank()));
              group.broadcast(tensor, 2);
              group.barrier();
              return floats(tensor);
            });

    assertThat(copies).allSatisfy(copy -> assertThat(copy).containsOnly(2f));
  }

  @Test
  void shouldSendToOneRankAlone() throws Exception {
    List<float[]> copies =
        Ranks.run(
            3,
            group -> {
              Tensor tensor = torch.ones(4).mul(scalar(group.rank()));
              group.startSend(tensor, 2, 0).await();
              group.barrier();
              return floats(tensor);
            });

    assertThat(copies.get(0)).containsOnly(2f);
    assertThat(copies.get(1)).containsOnly(1f);
    assertThat(copies.get(2)).containsOnly(2f);
  }

  @Test
  void shouldWorkAloneWithoutNetwork() throws Exception {
    try (Collectives group = Collectives.alone("cpu")) {
      Tensor tensor = torch.ones(3);
      group.allReduce(tensor);
      group.broadcast(tensor, 0);
      group.barrier();
      assertThat(floats(tensor)).containsOnly(1f);
      assertThat(group.allGather(4, 5)).isDeepEqualTo(new long[][] {{4, 5}});
      assertThat(group.allGatherBytes(new byte[] {1, 2})).containsExactly(new byte[] {1, 2});
      assertThat(floats(group.allGather(tensor, new long[] {3}))).hasSize(3);
    }
  }

  @Test
  void shouldFailOnAllRanksOnceOneLeaves() throws Exception {
    List<String> failures =
        Ranks.run(
            3,
            LONG,
            group -> {
              group.barrier();
              if (group.rank() == 1) {
                return "left";
              }
              try {
                for (int i = 0; i < 1000; i++) {
                  group.allReduce(torch.ones(1_000_000));
                }
                return "not noticed";
              } catch (CollectiveException e) {
                return e.operation() + " " + e.rank();
              }
            });

    assertThat(failures).containsExactly("all-reduce 0", "left", "all-reduce 2");
  }

  @Test
  void shouldFailByTheOperationsTimeoutWhenAPeerHangs() throws Exception {
    CountDownLatch failed = new CountDownLatch(2);
    List<String> messages =
        Ranks.run(
            3,
            LONG,
            group -> {
              group.barrier();
              if (group.rank() == 0) {
                failed.await();
                return "hung";
              }
              group.timeout(Duration.ofMillis(300));
              try {
                group.allReduce(torch.ones(10));
                return "not noticed";
              } catch (CollectiveException e) {
                return e.getMessage();
              } finally {
                failed.countDown();
              }
            });

    assertThat(messages.get(1)).contains("all-reduce failed on rank 1 of 3").contains("300ms");
    assertThat(messages.get(2)).contains("all-reduce failed on rank 2 of 3").contains("300ms");
  }

  @Test
  void shouldLetABlockedRankGoOnAbort() throws Exception {
    CountDownLatch failed = new CountDownLatch(1);
    List<String> messages =
        Ranks.run(
            2,
            Duration.ofSeconds(5),
            group -> {
              group.barrier();
              if (group.rank() == 0) {
                failed.await();
                return "hung";
              }
              Thread aborter = new Thread(group::abort);
              PendingWork work = group.startAllReduce(torch.ones(10));
              aborter.start();
              try {
                work.await();
                return "not noticed";
              } catch (CollectiveException e) {
                return e.getMessage();
              } finally {
                failed.countDown();
              }
            });

    assertThat(messages.get(1)).contains("aborted");
  }

  @Test
  void shouldKeepTheTensorsOfAnAbandonedOperationUntilItHasEnded() throws Exception {
    CountDownLatch abandoned = new CountDownLatch(1);
    Ranks.run(
        3,
        group -> {
          Tensor output = torch.zeros(new long[] {3, 1000});
          if (group.rank() == 1) {
            abandoned.await();
            return null;
          }
          PendingWork gathering =
              group.startGather(
                  output, torch.ones(new long[] {1, 1000}).add_(scalar(group.rank())));
          if (group.rank() == 0) {
            // What rank 2 sends arrives in the tensor that the operation was given, whatever
            // happens to this rank: no memory stands between that could be gone by then.
            while (last(output) != 3f) {
              Thread.sleep(1);
            }
            group.abort();
            assertThatThrownBy(gathering::await).isInstanceOf(CollectiveException.class);
            assertThat(output.use_count()).as("the operation may still write").isGreaterThan(1);
            abandoned.countDown();
            group.close();
            while (output.use_count() > 1) {
              Thread.sleep(1);
            }
          } else {
            assertThatThrownBy(gathering::await).isInstanceOf(CollectiveException.class);
          }
          return null;
        });
  }

  @Test
  void shouldLeaveNothingOfOperationsThatNobodyAwaited() throws Exception {
    Ranks.run(
        2,
        group -> {
          List<Tensor> tensors = new ArrayList<>();
          for (int i = 0; i < 3; i++) {
            tensors.add(torch.ones(1000));
            group.startAllReduce(tensors.get(i));
          }
          group.close();
          for (Tensor tensor : tensors) {
            while (tensor.use_count() > 1) {
              Thread.sleep(1);
            }
          }
          return null;
        });
  }

  @Test
  void shouldLetARankGoThatWaitsForTheGroupToForm() throws Exception {
    try (Rendezvous rendezvous = Rendezvous.host(Ranks.HOST, 0)) {
      Collectives group =
          Collectives.prepare(
              new GroupSpec("cpu", 9, 1, 2, rendezvous.address(), Ranks.HOST, LONG));
      Thread aborter = new Thread(group::abort);
      aborter.start();
      assertThatThrownBy(group::connect)
          .isInstanceOf(CollectiveException.class)
          .hasMessageContaining("forming the group failed on rank 1 of 2 in generation 9: aborted");
    }
  }

  @Test
  void shouldNotWaitForEverForMissingRanksOrAStoreThatHangs() throws Exception {
    Duration brief = Duration.ofMillis(300);
    try (Rendezvous rendezvous = Rendezvous.host(Ranks.HOST, 0);
        ServerSocket silent = new ServerSocket(0)) {
      assertThatThrownBy(
              () ->
                  Collectives.join(
                      new GroupSpec("cpu", 1, 0, 2, rendezvous.address(), Ranks.HOST, brief)))
          .isInstanceOf(CollectiveException.class)
          .hasMessageContaining("forming the group");
      String address = Ranks.HOST + ":" + silent.getLocalPort();
      assertThatThrownBy(
              () -> Collectives.join(new GroupSpec("cpu", 1, 1, 2, address, Ranks.HOST, brief)))
          .isInstanceOf(CollectiveException.class)
          .hasMessageContaining(address);
    }
  }

  @Test
  void shouldListenOnTheGivenInterfaceOnly() throws Exception {
    try (Rendezvous rendezvous = Rendezvous.host(Ranks.HOST, 0)) {
      int port = Integer.parseInt(rendezvous.address().split(":")[1]);
      String listening =
          Stream.concat(
                  Files.lines(Path.of("/proc/self/net/tcp")),
                  Files.lines(Path.of("/proc/self/net/tcp6")))
              .map(line -> line.trim().split("\\s+"))
              .filter(f -> f[1].endsWith(String.format(":%04X", port)) && f[3].equals("0A"))
              .map(f -> f[1])
              .reduce("", String::concat);
      assertThat(listening).isEqualTo(String.format("0100007F:%04X", port));
    }
  }

  @Test
  void shouldSayWhatToDoWhenThePortIsTaken() throws Exception {
    try (Rendezvous rendezvous = Rendezvous.host(Ranks.HOST, 0)) {
      int port = Integer.parseInt(rendezvous.address().split(":")[1]);
      assertThatThrownBy(() -> Rendezvous.host(Ranks.HOST, port))
          .isInstanceOf(CollectiveException.class)
          .hasMessageContaining("127.0.0.1:" + port)
          .hasMessageContaining("--data-port");
    }
  }

  @Test
  void shouldFormHundredsOfGenerationsWithoutLeaks() throws Exception {
    regroup(10);
    awaitThreads(Long.MAX_VALUE);
    long threads = count("/proc/self/task");
    long descriptors = count("/proc/self/fd");
    regroup(100);
    assertThat(awaitThreads(threads + 2)).isLessThanOrEqualTo(threads + 2);
    assertThat(count("/proc/self/fd")).isLessThanOrEqualTo(descriptors + 4);
  }

  /** Forms groups of two, breaks each in mid-operation, and forms the next. */
  private static void regroup(int times) throws Exception {
    Rendezvous[] rendezvous = new Rendezvous[times];
    for (int i = 0; i < times; i++) {
      rendezvous[i] = Rendezvous.host(Ranks.HOST, 0);
    }
    CyclicBarrier together = new CyclicBarrier(2);
    Ranks.start(
        2,
        LONG,
        spec -> {
          for (int i = 0; i < times; i++) {
            GroupSpec next =
                new GroupSpec("cpu", i, spec.rank(), 2, rendezvous[i].address(), Ranks.HOST, LONG);
            try (Collectives group = Collectives.join(next)) {
              Tensor tensor = torch.ones(100);
              group.allReduce(tensor);
              assertThat(floats(tensor)).containsOnly(2f);
              if (spec.rank() == i % 2) {
                try {
                  group.allReduce(tensor);
                  throw new AssertionError("the peer has left");
                } catch (CollectiveException expected) {
                  // The group is broken; the next one repairs it.
                }
              }
              tensor.close();
            }
            together.await();
          }
          return null;
        });
    for (Rendezvous one : rendezvous) {
      one.close();
    }
  }

  private static long awaitThreads(long atMost) throws Exception {
    long threads = count("/proc/self/task");
    for (int i = 0; i < 200 && threads > atMost; i++) {
      Thread.sleep(50);
      threads = count("/proc/self/task");
    }
    return threads;
  }

  private static long count(String folder) throws Exception {
    try (Stream<Path> files = Files.list(Path.of(folder))) {
      return files.count();
    }
  }

  @Test
  void shouldNameWhatIsMissingForNccl() {
    assertThat(BackendKind.of("cuda:1")).isEqualTo(BackendKind.NCCL);
    assertThat(BackendKind.of("cpu")).isEqualTo(BackendKind.GLOO);
    if (Loader.getPlatform().endsWith("-gpu")) {
      return;
    }
    assertThatThrownBy(
            () ->
                Ranks.start(
                    2,
                    LONG,
                    spec ->
                        Collectives.join(
                            new GroupSpec(
                                "cuda:0", 1, spec.rank(), 2, spec.rendezvous(), Ranks.HOST, LONG))))
        .isInstanceOf(CollectiveException.class)
        .hasMessageContaining("-Pcuda");
  }

  private static org.bytedeco.pytorch.Scalar scalar(double value) {
    return new org.bytedeco.pytorch.Scalar(value);
  }

  private static float last(Tensor tensor) {
    try (PointerScope scope = new PointerScope()) {
      return new FloatPointer(tensor.data_ptr()).get(tensor.numel() - 1);
    }
  }

  private static float[] floats(Tensor tensor) {
    float[] values = new float[(int) tensor.numel()];
    new FloatPointer(tensor.contiguous().data_ptr()).get(values);
    return values;
  }
}
