package dev.troupe.data.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.data.image.Augmentation;
import dev.troupe.data.image.ImageTransforms;
import dev.troupe.data.image.Preprocess;
import dev.troupe.data.sample.Captions;
import dev.troupe.data.sample.SkippedSample;
import dev.troupe.data.shard.Tars;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SourcesTest {
  private static ActorSystem system;

  @TempDir Path dir;
  private final List<SkippedSample> skipped = new CopyOnWriteArrayList<>();
  private DataFactory factory;

  @BeforeAll
  static void start() {
    system = ActorSystem.create("sources");
  }

  @AfterAll
  static void stop() {
    system.terminate();
  }

  @BeforeEach
  void open() {
    factory = Fixtures.factory(system, StreamSpec.defaults().withSkips(1, skipped::add));
  }

  @AfterEach
  void close() {
    factory.close();
  }

  private TrainingData train(DataSpec data, int epochs, int batch) {
    return factory.training(
        data, new OrderSpec(0, epochs, batch), Fixtures.TRANSFORM, Fixtures.TOKENIZER);
  }

  /** Keys and captions of a whole stream, {@code key=caption}. */
  private static List<String> pairs(SliceStream stream) throws InterruptedException {
    List<String> pairs = new ArrayList<>();
    try (stream) {
      for (Slice slice = stream.next(); slice != null; slice = stream.next()) {
        for (int i = 0; i < slice.size(); i++) {
          pairs.add(slice.keys().get(i) + "=" + slice.captions().get(i));
        }
        slice.close();
      }
    }
    return pairs;
  }

  @Test
  void shouldReadAValidationSetInItsOrderAndInSlices() throws Exception {
    String location = Fixtures.EMOJI + "/val-{0000..0001}.tar";
    try (ValidationData data =
        factory.validation(DataSpec.of(location), Fixtures.TRANSFORM, Fixtures.TOKENIZER)) {
      assertThat(data.samples()).isEqualTo(1808);
      List<String> whole = pairs(data.open(100, 0, 1));
      assertThat(whole).hasSize(1808).doesNotHaveDuplicates().isSorted();
      assertThat(whole.get(0)).startsWith("val-0000.tar/000000=");
      List<String> parts = new ArrayList<>();
      for (int rank = 0; rank < 3; rank++) {
        parts.addAll(pairs(data.open(77, rank, 3)));
      }
      assertThat(parts).isEqualTo(whole);
      try (SliceStream stream = data.open(1000, 0, 1)) {
        int[] sizes = new int[2];
        for (int i = 0; i < 2; i++) {
          try (Slice slice = stream.next()) {
            assertThat(slice.step()).isEqualTo(i);
            sizes[i] = slice.size();
          }
        }
        assertThat(sizes).containsExactly(1000, 808);
        assertThat(stream.next()).isNull();
        assertThat(stream.next()).isNull();
      }
    }
  }

  @Test
  void shouldReadTablesAsOpenClipDoes() throws Exception {
    Files.createDirectories(dir.resolve("images"));
    StringBuilder table = new StringBuilder("id\ttitle\tfilepath\n");
    for (int i = 0; i < 30; i++) {
      Files.writeString(dir.resolve("images/" + i + ".png"), "pretended image " + i);
      String caption =
          i == 3
              ? "\"a \"\"quoted\"\"\tcaption\nof two lines\""
              : i == 4 ? "" : "caption ünï " + i + " with \"quotes\"";
      table.append(i + "\t" + caption + "\timages/" + i + ".png" + (i % 2 == 0 ? "\r\n" : "\n"));
      if (i == 7) {
        table.append("\n");
      }
    }
    Path tsv = Files.writeString(dir.resolve("t.tsv"), table);
    try (ValidationData data =
        factory.validation(DataSpec.of(tsv.toString()), Fixtures.TRANSFORM, Fixtures.TOKENIZER)) {
      List<String> pairs = pairs(data.open(8, 0, 1));
      assertThat(pairs)
          .hasSize(30)
          .contains("t.tsv/4=", "t.tsv/3=a \"quoted\"\tcaption\nof two lines");
      assertThat(pairs.get(29)).isEqualTo("t.tsv/29=caption ünï 29 with \"quotes\"");
    }
    Files.delete(dir.resolve("images/9.png"));
    try (TrainingData data = train(DataSpec.of(tsv.toString()), 2, 7)) {
      assertThat(data.samplesPerEpoch()).isEqualTo(30);
      List<String> pairs = pairs(data.open(0, 0, 1));
      assertThat(pairs).hasSize(58);
      assertThat(new HashSet<>(pairs)).hasSize(29);
      assertThat(skipped).hasSize(2).allMatch(s -> s.reason().contains("no such file: images/9"));
    }
  }

  @Test
  void shouldReadTablesWithOtherSeparatorsAndColumns() throws Exception {
    Files.writeString(dir.resolve("a.png"), "pretended image");
    Path csv = Files.writeString(dir.resolve("t.csv"), "image,text\na.png,\"one, two\"\n");
    DataSpec spec = DataSpec.of(csv.toString()).withCsv(",", "image", "text");
    try (ValidationData data = factory.validation(spec, Fixtures.TRANSFORM, Fixtures.TOKENIZER)) {
      assertThat(pairs(data.open(8, 0, 1))).containsExactly("t.csv/0=one, two");
    }
    assertThatThrownBy(() -> train(DataSpec.of(csv.toString()), 1, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("csv-img-key: filepath (expected: one of the columns")
        .hasMessageContaining("csv-separator");
    assertThatThrownBy(() -> train(spec.withCsv(";;", "image", "text"), 1, 1))
        .hasMessageContaining("expected: one ASCII character");
    Files.writeString(csv, "image,text\n");
    assertThatThrownBy(() -> train(spec, 1, 1)).hasMessageContaining("no rows");
    Files.delete(csv);
    assertThatThrownBy(() -> train(spec, 1, 1)).hasMessageContaining("no such file");
  }

  @Test
  void shouldReadAFolderOfImagesWithoutCaptions() throws Exception {
    Files.createDirectories(dir.resolve("b"));
    for (String name : List.of("b/2.JPG", "b/1.png", "a.webp", "notes.md")) {
      Files.writeString(dir.resolve(name), "pretended image");
    }
    DataSpec spec = DataSpec.of(dir.toString()).withCaptions(new Captions.None());
    String name = dir.getFileName().toString();
    try (ValidationData data = factory.validation(spec, Fixtures.TRANSFORM, Fixtures.TOKENIZER)) {
      assertThat(pairs(data.open(8, 0, 1)))
          .containsExactly(name + "/a.webp=", name + "/b/1.png=", name + "/b/2.JPG=");
    }
  }

  @Test
  void shouldReadImagesOfShardsWithoutCaptionsAndClassLabels() throws Exception {
    Tars tars = new Tars();
    for (int i = 0; i < 10; i++) {
      tars.file(i + ".jpg", "pretended image").file(i + ".cls", "" + i * i);
    }
    DataSpec spec = DataSpec.of(tars.write(dir.resolve("a.tar")).toString());
    try (ValidationData images =
            factory.validation(
                spec.withCaptions(new Captions.None()), Fixtures.TRANSFORM, Fixtures.TOKENIZER);
        ValidationData labels =
            factory.validation(
                spec.withCaptions(new Captions.Member("cls")),
                Fixtures.TRANSFORM,
                Fixtures.TOKENIZER)) {
      assertThat(pairs(images.open(8, 0, 1))).hasSize(10).contains("a.tar/3=");
      assertThat(pairs(labels.open(8, 0, 1))).hasSize(10).contains("a.tar/3=9");
    }
  }

  @Test
  void shouldMakeSyntheticSamples() throws Exception {
    DataSpec spec = DataSpec.of(null).withType(DataSpec.Type.SYNTHETIC).withSamples(20L);
    try (TrainingData data =
            factory.training(
                spec,
                new OrderSpec(0, 1, 16),
                ImageTransforms.train(Preprocess.of(24), Augmentation.defaults()),
                Fixtures.TOKENIZER);
        SliceStream stream = data.open(0, 0, 1)) {
      try (Slice slice = stream.next()) {
        assertThat(slice.captions()).hasSize(16).containsOnly("Dummy caption");
        assertThat(slice.images_NHWC()).isEqualTo(ByteBuffer.allocate(16 * 24 * 24 * 3));
      }
    }
  }

  @Test
  void shouldDrawWithReplacementAsOftenAsSourcesWeigh() throws Exception {
    write("test_data_000.tar", "000_", 10);
    write("test_data_001.tar", "001_", 5);
    DataSpec spec =
        DataSpec.of(dir + "/test_data_000.tar::" + dir + "/test_data_001.tar").withSamples(10_000L);
    assertFrequencies(spec.withResampling(true, "1::2"), 10_000 / 20, 10_000 / 10);
    assertFrequencies(spec.withResampling(true, "1::1"), 10_000 / 15, 10_000 / 15);
    assertFrequencies(
        DataSpec.of(dir + "/test_data_{000..001}.tar")
            .withSamples(10_000L)
            .withResampling(true, null),
        10_000 / 15,
        10_000 / 15);
    assertFrequencies(
        DataSpec.of(dir + "/test_data_000.tar").withSamples(10_000L).withResampling(true, null),
        1000,
        0);
  }

  private void write(String name, String prefix, int n) {
    Tars tars = new Tars();
    for (int i = 0; i < n; i++) {
      tars.file(i + ".png", "pretended image").file(i + ".txt", prefix + i);
    }
    tars.write(dir.resolve(name));
  }

  private void assertFrequencies(DataSpec spec, int first, int second) throws Exception {
    Map<String, Integer> counts = new TreeMap<>();
    try (TrainingData data = train(spec, 1, 50)) {
      for (String pair : pairs(data.open(0, 0, 1))) {
        counts.merge(pair.substring(pair.indexOf('=') + 1), 1, Integer::sum);
      }
    }
    assertThat(counts.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(10_000);
    assertThat(counts).hasSize(second == 0 ? 10 : 15);
    counts.forEach(
        (caption, count) -> {
          int expected = caption.startsWith("000") ? first : second;
          assertThat(count).as(caption).isBetween(expected * 8 / 10, expected * 12 / 10);
        });
  }

  @Test
  void shouldDrawTheSameRandomChoicesAtAnyWorldSize() throws Exception {
    List<String> alone = new ArrayList<>();
    List<String> shared = new ArrayList<>();
    try (TrainingData data = train(DataSpec.of(Fixtures.EMOJI_TRAIN), 1, 96)) {
      pixels(data, 0, 1, alone);
      for (int rank = 0; rank < 5; rank++) {
        pixels(data, rank, 5, shared);
      }
    }
    // The checksum transform writes each sample's seed into its pixels.
    assertThat(shared).containsExactlyInAnyOrderElementsOf(alone);
  }

  private static void pixels(TrainingData data, int rank, int worldSize, List<String> all)
      throws InterruptedException {
    try (SliceStream stream = data.open(3, rank, worldSize)) {
      for (int step = 0; step < 4; step++) {
        try (Slice slice = stream.next()) {
          ByteBuffer images = slice.images_NHWC();
          for (int i = 0; i < slice.size(); i++) {
            all.add(slice.keys().get(i) + images.getInt(i * 48) + ":" + images.getLong(i * 48 + 4));
          }
        }
      }
    }
  }
}
