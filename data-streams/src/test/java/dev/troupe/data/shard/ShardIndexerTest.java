package dev.troupe.data.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.data.store.FaultProxy;
import dev.troupe.data.store.FaultProxy.Fault;
import dev.troupe.data.store.Fetcher;
import dev.troupe.data.store.S3Server;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.store.WebServer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ShardIndexerTest {
  @TempDir Path dir;
  private final List<String> heard = new CopyOnWriteArrayList<>();

  private ShardIndexer indexer(StoreSpec store) {
    return new ShardIndexer(
        store, 3, (url, samples, fresh, done, of) -> heard.add(done + "/" + of));
  }

  private static Map<?, ?> sizes(Path index) throws IOException {
    return new ObjectMapper().readValue(index.resolve("sizes.json").toFile(), Map.class);
  }

  @Test
  void shouldIndexLocalShardsAndGoOverWhatChanged() throws Exception {
    for (int i = 0; i < 5; i++) {
      Files.write(dir.resolve(i + ".tar"), Tars.samples(100 * i, 10 + i, 500));
    }
    ShardIndexer indexer = indexer(StoreSpec.defaults());
    ShardIndexer.Report first = indexer.run(dir + "/{0..4}.tar", null);
    assertThat(first.shards()).isEqualTo(5);
    assertThat(first.fresh()).isEqualTo(5);
    assertThat(first.samples()).isEqualTo(60);
    assertThat(first.failures()).isEmpty();
    assertThat(heard).containsExactly("1/5", "2/5", "3/5", "4/5", "5/5");
    Path index = dir.resolve("index");
    assertThat(sizes(index).toString())
        .isEqualTo("{0.tar=10, 1.tar=11, 2.tar=12, 3.tar=13, 4.tar=14}");

    assertThat(indexer.run(dir + "/{0..4}.tar", null).fresh()).isZero();

    Files.write(dir.resolve("3.tar"), Tars.samples(0, 20, 500));
    ShardIndexer.Report again = indexer.run(dir + "/{0..4}.tar", null);
    assertThat(again.fresh()).isEqualTo(1);
    assertThat(again.samples()).isEqualTo(67);
    ShardIndexes indexes = new ShardIndexes(index);
    Path shard = dir.resolve("3.tar");
    try (FileChannel channel = FileChannel.open(shard)) {
      assertThat(indexes.of(shard.toString(), shard, channel, null))
          .isEqualTo(ShardScan.index(channel));
    }
  }

  @Test
  void shouldReportShardsThatAreLostOrDamaged() throws Exception {
    byte[] bytes = Tars.samples(0, 10, 2500);
    Files.write(dir.resolve("0.tar"), bytes);
    Files.write(dir.resolve("1.tar"), java.util.Arrays.copyOf(bytes, 17_500));
    ShardIndexer.Report report = indexer(StoreSpec.defaults()).run(dir + "/{0..2}.tar", null);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0)).contains("2.tar");
    assertThat(report.damages()).hasSize(1);
    assertThat(report.damages().get(0)).contains("1.tar").contains("is cut");
    assertThat(sizes(dir.resolve("index"))).hasSize(2);
  }

  @Test
  void shouldHopOverLargeFilesOfARemoteShard() throws Exception {
    Tars tars = new Tars();
    for (int i = 0; i < 4; i++) {
      tars.file(i + ".txt", "caption").file(i + ".png", new byte[4_000_000]);
    }
    byte[] bytes = tars.bytes();
    try (WebServer server = new WebServer(path -> path.endsWith(".tar") ? bytes : null, true)) {
      String url = "http://127.0.0.1:" + server.port() + "/large.tar";
      ShardIndexer.Report report = indexer(StoreSpec.defaults()).run(url, dir);
      assertThat(report.samples()).isEqualTo(4);
      assertThat(report.bytes()).isEqualTo(bytes.length);
      assertThat(server.sent()).isLessThan(bytes.length / 2);
    }
  }

  @Test
  void shouldIndexS3ThroughFaults() throws Exception {
    Path folder = Files.createDirectories(dir.resolve("s3"));
    try (S3Server s3 = new S3Server(folder)) {
      for (int i = 0; i < 12; i++) {
        s3.put("bucket", i + ".tar", Tars.samples(100 * i, 20 + i, 400));
      }
      try (FaultProxy proxy =
          new FaultProxy(
              s3.port(),
              (n, line) -> n % 7 == 1 ? Fault.BUSY : n % 11 == 3 ? Fault.CUT : Fault.NONE)) {
        StoreSpec store =
            S3Server.spec(proxy.port(), dir.resolve("cache"))
                .withPatience(Duration.ofMillis(500), Duration.ofSeconds(20), 4);
        Path index = dir.resolve("index");
        ShardIndexer.Report report = indexer(store).run("s3://bucket/{0..11}.tar", index);
        assertThat(report.failures()).isEmpty();
        assertThat(report.samples()).isEqualTo(12 * 20 + 66);
        assertThat(indexer(store).run("s3://bucket/{0..11}.tar", index).fresh()).isZero();
        assertThat(proxy.count(Fault.BUSY)).isPositive();
        assertThat(proxy.count(Fault.CUT)).isPositive();
      }
    }
  }

  @Test
  void shouldFindCountsInAnIndexBesideTheShardsOrInTheShards() throws Exception {
    for (int i = 0; i < 3; i++) {
      Files.write(dir.resolve(i + ".tar"), Tars.samples(100 * i, 10 + i, 500));
    }
    try (Fetcher fetcher = new Fetcher(StoreSpec.defaults())) {
      ShardList shards = ShardList.expand(dir + "/{0..2}.tar", fetcher);
      assertThat(ShardCounts.find(shards, null, null, false, fetcher, Runnable::run).of())
          .containsExactly(10, 11, 12);
      Files.writeString(dir.resolve("sizes.json"), "{\"0.tar\": 7, \"2.tar\": \"8\"}");
      ShardCounts counts = ShardCounts.find(shards, null, null, false, fetcher, Runnable::run);
      assertThat(counts.of()).containsExactly(7, 11, 8);
      assertThat(counts.presumed()).isFalse();
    }
  }

  @Test
  void shouldPresumeCountsOfManyRemoteShardsFromTheirTotal() throws Exception {
    byte[] bytes = Tars.samples(0, 25, 100);
    try (WebServer server = new WebServer(path -> path.endsWith(".tar") ? bytes : null, true);
        Fetcher fetcher = new Fetcher(StoreSpec.defaults())) {
      String location = "http://127.0.0.1:" + server.port() + "/{000..099}.tar";
      ShardList shards = ShardList.expand(location, fetcher);
      ShardCounts counts = ShardCounts.find(shards, null, 1990L, false, fetcher, Runnable::run);
      assertThat(counts.presumed()).isTrue();
      assertThat(counts.of()).hasSize(100).containsOnly(20);
      // With replacement a few shards are looked at: the total says nothing about them.
      assertThat(ShardCounts.find(shards, null, 50L, true, fetcher, Runnable::run).of())
          .containsOnly(25);
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () -> ShardCounts.find(shards, null, null, false, fetcher, Runnable::run)))
          .hasMessageContaining("run `troupe index`")
          .hasMessageContaining("train-num-samples");
    }
  }
}
