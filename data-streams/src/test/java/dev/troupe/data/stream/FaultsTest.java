package dev.troupe.data.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.data.sample.Captions;
import dev.troupe.data.sample.SkippedLog;
import dev.troupe.data.sample.SkippedSample;
import dev.troupe.data.shard.Tars;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FaultsTest {
  private static ActorSystem system;

  @TempDir Path dir;
  private final List<SkippedSample> skipped = new CopyOnWriteArrayList<>();
  private List<String> read;

  @BeforeAll
  static void start() {
    system = ActorSystem.create("faults");
  }

  @AfterAll
  static void stop() {
    system.terminate();
  }

  @BeforeEach
  void clear() {
    read = new ArrayList<>();
  }

  private DataSpec shards() {
    return DataSpec.of(dir + "/*.tar");
  }

  /** Reads one epoch; the keys go to {@code read}, also of what came before a failure. */
  private void readAll(DataSpec data, double maxSkipRate) throws InterruptedException {
    StreamSpec spec = StreamSpec.defaults().withSkips(maxSkipRate, skipped::add);
    try (DataFactory factory = Fixtures.factory(system, spec);
        TrainingData training =
            factory.training(
                data, new OrderSpec(0, 1, 10), Fixtures.TRANSFORM, Fixtures.TOKENIZER);
        SliceStream stream = training.open(0, 0, 1)) {
      for (Slice slice = stream.next(); slice != null; slice = stream.next()) {
        read.addAll(slice.keys());
        slice.close();
      }
    }
  }

  private void sizes(String json) throws IOException {
    Files.writeString(dir.resolve("sizes.json"), json);
  }

  @Test
  void shouldNameSamplesThatAStatedCountPromisesAndTheShardLacks() throws Exception {
    Files.write(dir.resolve("a.tar"), Tars.samples(0, 30, 100));
    sizes("{\"a.tar\": 33}");
    readAll(shards(), 0.5);
    assertThat(read).hasSize(30).doesNotHaveDuplicates();
    assertThat(skipped.stream().map(SkippedSample::sample))
        .containsExactlyInAnyOrder("a.tar/#30", "a.tar/#31", "a.tar/#32");
    assertThat(skipped)
        .allSatisfy(s -> assertThat(s.reason()).contains("holds 30 samples of 33 stated"))
        .allSatisfy(s -> assertThat(s.step()).isBetween(0L, 3L));
  }

  @Test
  void shouldReportSamplesBeyondAStatedCount() throws Exception {
    Files.write(dir.resolve("a.tar"), Tars.samples(0, 30, 100));
    sizes("{\"a.tar\": 25}");
    readAll(shards(), 0);
    assertThat(read).hasSize(25).doesNotHaveDuplicates();
    assertThat(skipped).hasSize(1);
    assertThat(skipped.get(0).reason()).contains("holds 30 samples, 25 are stated", "000025");
    assertThat(skipped.get(0).step()).isEqualTo(-1);
  }

  @Test
  void shouldNameSamplesWithoutACaptionOrAnImage() throws Exception {
    Tars tars = new Tars();
    for (int i = 0; i < 40; i++) {
      String key = String.format("%03d", i);
      if (i != 7) {
        tars.file(key + ".jpg", "pretended image");
      }
      if (i != 9) {
        tars.file(key + ".txt", "caption");
      }
    }
    tars.write(dir.resolve("a.tar"));
    readAll(shards(), 0.1);
    assertThat(read).hasSize(38);
    assertThat(skipped.stream().map(s -> s.sample() + ": " + s.reason()))
        .containsExactlyInAnyOrder(
            "a.tar/007: no image (jpg, png, jpeg or webp)", "a.tar/009: no caption (txt)");
  }

  @Test
  void shouldNameBrokenImagesAndCaptions() throws Exception {
    Tars tars = new Tars();
    for (int i = 0; i < 40; i++) {
      byte[] caption = i == 3 ? new byte[] {(byte) 0xff} : new byte[0];
      tars.file(i + ".png", i == 5 ? "" : "pretended image").file(i + ".txt", caption);
    }
    tars.write(dir.resolve("a.tar"));
    readAll(shards(), 0.1);
    assertThat(read).hasSize(38);
    assertThat(skipped.stream().map(s -> s.sample() + ": " + s.reason()))
        .containsExactlyInAnyOrder(
            "a.tar/3: the caption is not UTF-8", "a.tar/5: not an image: 0 bytes");
  }

  @Test
  void shouldStopWithTheReasonWhenTooManySamplesAreBroken() throws Exception {
    Tars tars = new Tars();
    for (int i = 0; i < 200; i++) {
      tars.file(i + ".png", i % 20 == 0 ? "bad" : "pretended image").file(i + ".txt", "x");
    }
    tars.write(dir.resolve("a.tar"));
    assertThatThrownBy(() -> readAll(shards(), 0.01))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("more than max-skip-rate 0.01 allows")
        .hasMessageContaining("not an image")
        .hasMessageContaining("skipped.jsonl");
    assertThat(skipped).hasSizeBetween(3, 9);
    skipped.clear();
    read.clear();
    readAll(shards(), 0.05);
    assertThat(read).hasSize(190);
    assertThat(skipped).hasSize(10);
  }

  @Test
  void shouldEndAtOnceWhenNothingIsUsable() throws Exception {
    Tars tars = new Tars();
    for (int i = 0; i < 5000; i++) {
      tars.file(i + ".jpg", "pretended image").file(i + ".json", "{}");
    }
    tars.write(dir.resolve("a.tar"));
    assertThatThrownBy(() -> readAll(shards(), 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("none of the first 70 samples is usable")
        .hasMessageContaining("no caption (txt)");
    assertThat(read).isEmpty();
  }

  @Test
  void shouldNameEachSampleOfAShardThatVanished() throws Exception {
    for (int s = 0; s < 4; s++) {
      Files.write(dir.resolve(s + ".tar"), Tars.samples(100 * s, 20, 100));
    }
    sizes("{\"0.tar\": 20, \"1.tar\": 20, \"2.tar\": 20, \"3.tar\": 20}");
    StreamSpec spec = StreamSpec.defaults().withSkips(1, skipped::add);
    try (DataFactory factory = Fixtures.factory(system, spec);
        TrainingData training =
            factory.training(
                shards(), new OrderSpec(0, 1, 10), Fixtures.TRANSFORM, Fixtures.TOKENIZER)) {
      Files.delete(dir.resolve("2.tar"));
      Fixtures.keys(training, 0, 8, 0, 1).forEach(read::addAll);
    }
    assertThat(read).hasSize(60).noneMatch(key -> key.startsWith("2.tar"));
    assertThat(skipped).hasSize(20).allMatch(s -> s.reason().contains("no such file"));
  }

  @Test
  void shouldSayWhichShardsAreMissing() throws Exception {
    Files.write(dir.resolve("a0.tar"), Tars.samples(0, 20, 100));
    assertThatThrownBy(() -> readAll(DataSpec.of(dir + "/a{0..5}.tar"), 1))
        .isInstanceOf(DataException.class)
        .hasMessage(dir + "/a1.tar: no such file, and 4 more of 6 shards");
    assertThatThrownBy(() -> readAll(DataSpec.of(dir + "/none.tar"), 1))
        .hasMessage(dir + "/none.tar: no such file");
  }

  @Test
  void shouldRefuseEmptyData() throws Exception {
    new Tars().write(dir.resolve("a.tar"));
    assertThatThrownBy(() -> readAll(shards(), 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("the data set is empty (1 shards, 0 samples)");
  }

  @Test
  void shouldKeepWhatIsWholeOfACutShard() throws Exception {
    byte[] bytes = Tars.samples(0, 50, 1000);
    Files.write(dir.resolve("a.tar"), Arrays.copyOf(bytes, bytes.length / 2));
    sizes("{\"a.tar\": 50}");
    readAll(shards(), 1);
    assertThat(read).isNotEmpty();
    List<SkippedSample> samples = skipped.stream().filter(s -> s.step() >= 0).toList();
    assertThat(read.size() + samples.size()).isEqualTo(50);
    assertThat(skipped).anyMatch(s -> s.step() == -1 && s.reason().contains("is cut"));
  }

  @Test
  void shouldReadCaptionsOutOfTheJson() throws Exception {
    Tars tars = new Tars();
    for (int i = 0; i < 20; i++) {
      String json =
          i == 4
              ? "{broken"
              : i == 6
                  ? "{\"other\": 1}"
                  : i == 8 ? "{\"title\": [\"x\", \"y\"]}" : "{\"title\": \"t\"}";
      tars.file(i + ".png", "pretended image").file(i + ".json", json);
    }
    tars.write(dir.resolve("a.tar"));
    readAll(shards().withCaptions(new Captions.JsonField("title")), 0.5);
    assertThat(read).hasSize(18);
    assertThat(skipped.stream().map(SkippedSample::reason))
        .anyMatch(r -> r.startsWith("the json is broken"))
        .contains("the json has no text at 'title'");
  }

  @Test
  void shouldWriteSkippedSamplesAsLinesOfJson() throws Exception {
    Path file = dir.resolve("skipped.jsonl");
    try (SkippedLog log = new SkippedLog(file)) {
      assertThat(file).doesNotExist();
      log.accept(new SkippedSample("a.tar/\"x\"", "s3://b/a.tar", "bad", 3));
      log.accept(new SkippedSample("a.tar/y", "s3://b/a.tar", "bad", 4));
    }
    assertThat(Files.readString(file, StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"sample\":\"a.tar/\\\"x\\\"\",\"shard\":\"s3://b/a.tar\",\"reason\":\"bad\",\"step\":3}\n"
                + "{\"sample\":\"a.tar/y\",\"shard\":\"s3://b/a.tar\",\"reason\":\"bad\",\"step\":4}\n");
  }

  @Test
  void shouldSayWhatIsWrongWithSettings() throws Exception {
    Files.write(dir.resolve("a.tar"), Tars.samples(0, 5, 100));
    assertThatThrownBy(() -> readAll(shards().withResampling(false, "1::2"), 1))
        .hasMessageContaining("only together with dataset-resampled");
    assertThatThrownBy(() -> readAll(shards().withResampling(true, "1::2"), 1))
        .hasMessageContaining("2 numbers (expected: 1");
    assertThatThrownBy(() -> readAll(shards().withResampling(true, "x"), 1))
        .hasMessageContaining("'x' (expected: numbers >= 0");
    assertThatThrownBy(() -> readAll(shards().withResampling(true, "0"), 1))
        .hasMessageContaining("at least one number > 0");
    assertThatThrownBy(() -> readAll(DataSpec.of("x.parquet"), 1))
        .hasMessageContaining("cannot tell the type of 'x.parquet'");
    assertThatThrownBy(() -> new OrderSpec(0, 0, 1)).hasMessage("epochs: 0 (expected: >= 1)");
    assertThatThrownBy(() -> readAll(shards().withSamples(0L), 1))
        .hasMessage("train-num-samples: 0 (expected: >= 1)");
    sizes("{\"a.tar\": \"many\"}");
    assertThatThrownBy(() -> readAll(shards(), 1)).hasMessageContaining("expected: a number");
    sizes("nonsense");
    assertThatThrownBy(() -> readAll(shards(), 1)).hasMessageContaining("sizes.json: not JSON");
  }
}
