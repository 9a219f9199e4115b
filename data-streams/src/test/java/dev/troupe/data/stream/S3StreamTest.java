package dev.troupe.data.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.data.sample.SkippedSample;
import dev.troupe.data.shard.ShardIndexer;
import dev.troupe.data.shard.Tars;
import dev.troupe.data.store.FaultProxy;
import dev.troupe.data.store.FaultProxy.Fault;
import dev.troupe.data.store.S3Server;
import dev.troupe.data.store.StoreSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class S3StreamTest {
  private static final int SHARDS = 150;
  private static final int EACH = 40;
  private static final String ALL = "s3://bucket/train/{000..149}.tar";

  @TempDir static Path shared;
  private static ActorSystem system;
  private static S3Server s3;

  @TempDir Path cache;
  private final List<SkippedSample> skipped = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    system = ActorSystem.create("s3");
    Files.createDirectories(shared.resolve("local"));
    s3 = new S3Server(Files.createDirectories(shared.resolve("s3")));
    Map<String, Integer> sizes = new TreeMap<>();
    for (int i = 0; i < SHARDS; i++) {
      byte[] tar = Tars.samples(EACH * i, EACH, 3000);
      String name = String.format("%03d.tar", i);
      s3.put("bucket", "train/" + name, tar);
      Files.write(shared.resolve("local").resolve(name), tar);
      sizes.put('"' + name + '"', EACH);
    }
    byte[] json = sizes.toString().replace('=', ':').getBytes();
    s3.put("bucket", "train/sizes.json", json);
    Files.write(shared.resolve("local/sizes.json"), json);
  }

  @AfterAll
  static void stop() throws Exception {
    s3.close();
    system.terminate();
  }

  private List<String> read(String location, StoreSpec store, int epochs)
      throws InterruptedException {
    return read(location, store, epochs, 1);
  }

  private List<String> read(String location, StoreSpec store, int epochs, double maxSkipRate)
      throws InterruptedException {
    List<String> keys = new ArrayList<>();
    StreamSpec spec = StreamSpec.defaults().withSkips(maxSkipRate, skipped::add);
    try (DataFactory factory = Fixtures.factory(system, spec, store);
        TrainingData data =
            factory.training(
                DataSpec.of(location),
                new OrderSpec(3, epochs, 100),
                Fixtures.TRANSFORM,
                Fixtures.TOKENIZER);
        SliceStream stream = data.open(0, 0, 1)) {
      for (Slice slice = stream.next(); slice != null; slice = stream.next()) {
        keys.addAll(slice.keys());
        slice.close();
      }
    }
    return keys;
  }

  private StoreSpec store(int port) {
    return S3Server.spec(port, cache)
        .withPatience(Duration.ofMillis(500), Duration.ofMinutes(1), 8);
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  @Test
  void shouldLoseNothingToBusyAnswersStallsAndCutConnections() throws Exception {
    long start = System.nanoTime();
    List<String> local = read(shared + "/local/{000..149}.tar", StoreSpec.defaults(), 1);
    double localSeconds = seconds(start);
    start = System.nanoTime();
    StoreSpec clean = store(s3.port()).withCache(cache.resolve("clean"), 1L << 30);
    assertThat(read(ALL, clean, 1)).isEqualTo(local);
    double cleanSeconds = seconds(start);
    Random random = new Random(5);
    try (FaultProxy proxy =
        new FaultProxy(
            s3.port(),
            (n, line) -> {
              double draw;
              synchronized (random) {
                draw = random.nextDouble();
              }
              return draw < 0.05
                  ? Fault.BUSY
                  : draw < 0.07 ? Fault.STALL : draw < 0.08 ? Fault.CUT : Fault.NONE;
            })) {
      start = System.nanoTime();
      List<String> keys = read(ALL, store(proxy.port()), 1);
      double seconds = seconds(start);
      System.out.printf(
          "samples/s: local %.0f, S3 %.0f, S3 with %d busy answers, %d stalls and %d cuts in %d"
              + " requests %.0f%n",
          local.size() / localSeconds,
          local.size() / cleanSeconds,
          proxy.count(Fault.BUSY),
          proxy.count(Fault.STALL),
          proxy.count(Fault.CUT),
          proxy.requests().size(),
          keys.size() / seconds);
      assertThat(keys).isEqualTo(local).hasSize(SHARDS * EACH).doesNotHaveDuplicates();
      assertThat(skipped).isEmpty();
      assertThat(proxy.count(Fault.BUSY)).isPositive();
      assertThat(proxy.count(Fault.STALL)).isPositive();
      assertThat(proxy.count(Fault.CUT)).isPositive();
    }
  }

  @Test
  void shouldOutlastAStormOfBusyAnswersAndServerErrors() throws Exception {
    Fault[] storm = {Fault.NONE, Fault.BUSY, Fault.FAIL};
    try (FaultProxy proxy = new FaultProxy(s3.port(), (n, line) -> storm[n % 3])) {
      assertThat(read("s3://bucket/train/{000..009}.tar", store(proxy.port()), 1))
          .hasSize(10 * EACH)
          .doesNotHaveDuplicates();
      assertThat(skipped).isEmpty();
    }
  }

  @Test
  void shouldFetchAgainWhatArrivesDamaged() throws Exception {
    Set<String> seen = ConcurrentHashMap.newKeySet();
    try (FaultProxy proxy =
        new FaultProxy(
            s3.port(),
            (n, line) ->
                line.matches("GET .*[05].tar.*") && seen.add(line) ? Fault.FLIP : Fault.NONE)) {
      assertThat(read("s3://bucket/train/{000..019}.tar", store(proxy.port()), 1))
          .hasSize(20 * EACH);
      assertThat(proxy.count(Fault.FLIP)).isEqualTo(4);
      assertThat(skipped).isEmpty();
      for (int i = 0; i < 20; i++) {
        byte[] tar = Files.readAllBytes(shared.resolve(String.format("local/%03d.tar", i)));
        assertThat(cached()).anySatisfy(bytes -> assertThat(bytes).isEqualTo(tar));
      }
    }
  }

  private List<byte[]> cached() throws IOException {
    List<byte[]> all = new ArrayList<>();
    try (var files = Files.list(cache)) {
      for (Path file : files.toList()) {
        all.add(Files.readAllBytes(file));
      }
    }
    return all;
  }

  @Test
  void shouldNameTheSamplesOfAVanishedShard() throws Exception {
    byte[] gone = Files.readAllBytes(shared.resolve("local/005.tar"));
    s3.delete("bucket", "train/005.tar");
    try {
      List<String> keys = read("s3://bucket/train/{000..009}.tar", store(s3.port()), 1);
      assertThat(keys).hasSize(9 * EACH);
      assertThat(skipped)
          .hasSize(EACH)
          .allMatch(s -> s.sample().startsWith("005.tar/#") && s.reason().contains("404"));
    } finally {
      s3.put("bucket", "train/005.tar", gone);
    }
  }

  @Test
  void shouldStopWithTheReasonWhenAccessIsRefused() throws Exception {
    try (FaultProxy proxy = new FaultProxy(s3.port(), (n, line) -> Fault.FORBID)) {
      assertThatThrownBy(() -> read("s3://bucket/train/{000..009}.tar", store(proxy.port()), 1))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("403")
          .hasMessageContaining("credentials");
    }
  }

  @Test
  void shouldFindShardsByWildcards() throws Exception {
    assertThat(read("s3://bucket/train/00?.tar", store(s3.port()), 1)).hasSize(10 * EACH);
    assertThatThrownBy(() -> read("s3://bucket/none/*.tar", store(s3.port()), 1))
        .hasMessageContaining("no file matches");
  }

  @Test
  void shouldKeepTheCacheWithinItsBound() throws Exception {
    int shards = 16;
    int each = 2100;
    long shard = 0;
    StringBuilder sizes = new StringBuilder();
    for (int i = 0; i < shards; i++) {
      byte[] tar = Tars.samples(each * i, each, 100);
      shard = tar.length;
      s3.put("bucket", "large/" + (10 + i) + ".tar", tar);
      sizes.append(i == 0 ? "{" : ",").append("\"" + (10 + i) + ".tar\":" + each);
    }
    s3.put("bucket", "large/sizes.json", sizes.append("}").toString().getBytes());
    long bound = 8 * shard;
    StoreSpec store = store(s3.port()).withCache(cache, bound);
    List<String> keys = read("s3://bucket/large/{10..25}.tar", store, 2);
    Map<String, Integer> times = new HashMap<>();
    keys.forEach(key -> times.merge(key, 1, Integer::sum));
    assertThat(times).hasSize(shards * each).allSatisfy((k, n) -> assertThat(n).isEqualTo(2));
    try (var files = Files.list(cache)) {
      long bytes = files.mapToLong(file -> file.toFile().length()).sum();
      assertThat(bytes).isLessThanOrEqualTo(bound).isGreaterThan(bound / 2);
    }
    try (var files = Files.list(cache)) {
      assertThat(files).allMatch(file -> file.toString().endsWith(".shard"));
    }
  }

  @Test
  void shouldUseWhatAnEarlierRunLeftInTheCache() throws Exception {
    String ten = "s3://bucket/train/{000..009}.tar";
    List<String> first = read(ten, store(s3.port()), 1);
    try (FaultProxy proxy = new FaultProxy(s3.port(), (n, line) -> Fault.NONE)) {
      assertThat(read(ten, store(proxy.port()), 1)).isEqualTo(first);
      assertThat(proxy.requests()).noneMatch(r -> r.startsWith("GET") && r.contains(".tar"));
    }
  }

  @Test
  void shouldReadSamplesByRangesWhileTheirShardsAreOnTheirWay() throws Exception {
    Path index = cache.resolve("index");
    String ten = "s3://bucket/train/{000..009}.tar";
    ShardIndexer.Report report =
        new ShardIndexer(store(s3.port()), 4, (url, n, fresh, done, of) -> {}).run(ten, index);
    assertThat(report.samples()).isEqualTo(10 * EACH);
    List<String> expected = read(ten, store(s3.port()).withCache(cache.resolve("1"), 1L << 30), 1);
    // Whole shards never arrive; ranges do.
    try (FaultProxy proxy =
            new FaultProxy(
                s3.port(),
                (n, line) -> line.matches("GET .*\\.tar HTTP/1.1") ? Fault.STALL : Fault.NONE);
        DataFactory factory =
            Fixtures.factory(
                system,
                StreamSpec.defaults().withSkips(0, skipped::add),
                store(proxy.port())
                    .withCache(cache.resolve("2"), 1L << 30)
                    .withPatience(Duration.ofMinutes(2), Duration.ofMinutes(2), 10));
        TrainingData data =
            factory.training(
                DataSpec.of(ten).withIndex(index),
                new OrderSpec(3, 1, 100),
                Fixtures.TRANSFORM,
                Fixtures.TOKENIZER)) {
      List<String> keys = new ArrayList<>();
      Fixtures.keys(data, 0, 4, 0, 1).forEach(keys::addAll);
      assertThat(keys).isEqualTo(expected);
      assertThat(proxy.count(Fault.STALL)).isPositive();
    }
  }

  @Test
  void shouldSayThatTheDiskIsFull() {
    StoreSpec store = store(s3.port()).withKeepFreeBytes(Long.MAX_VALUE / 2);
    assertThatThrownBy(() -> read("s3://bucket/train/{000..009}.tar", store, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no room for s3://bucket/train/")
        .hasMessageContaining("name another cache-dir");
  }

  @Test
  void shouldStopFetchingWhenTheStreamIsClosed() throws Exception {
    try (FaultProxy proxy =
            new FaultProxy(
                s3.port(), (n, line) -> line.contains(".tar") ? Fault.STALL : Fault.NONE);
        DataFactory factory =
            Fixtures.factory(
                system,
                StreamSpec.defaults(),
                store(proxy.port()).withPatience(Duration.ofMinutes(1), Duration.ofHours(1), 4))) {
      TrainingData data =
          factory.training(
              DataSpec.of(ALL), new OrderSpec(0, 1, 100), Fixtures.TRANSFORM, Fixtures.TOKENIZER);
      SliceStream stream = data.open(0, 0, 1);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (proxy.count(Fault.STALL) == 0 && System.nanoTime() < deadline) {
        Thread.sleep(5);
      }
      stream.close();
      data.close();
    }
  }
}
