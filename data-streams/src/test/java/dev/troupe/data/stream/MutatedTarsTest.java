package dev.troupe.data.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.data.image.Augmentation;
import dev.troupe.data.image.ImageTransform;
import dev.troupe.data.image.ImageTransforms;
import dev.troupe.data.image.Preprocess;
import dev.troupe.data.sample.SkippedSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A thousand damaged tars with real images through real decoders. */
class MutatedTarsTest {
  private static final int SAMPLES = 12;

  @TempDir Path dir;

  @Test
  @Timeout(value = 240, unit = TimeUnit.SECONDS)
  void shouldNameEachLossOfAThousandDamagedTars() throws Exception {
    byte[] original = firstSamples();
    ImageTransform transform = ImageTransforms.train(Preprocess.of(32), Augmentation.defaults());
    Files.writeString(dir.resolve("sizes.json"), "{\"a.tar\": " + SAMPLES + "}");
    int delivered = 0;
    int named = 0;
    int hopeless = 0;
    List<SkippedSample> skipped = new CopyOnWriteArrayList<>();
    ActorSystem system = ActorSystem.create("mutated");
    try (DataFactory factory =
        Fixtures.factory(system, StreamSpec.defaults().withSkips(1, skipped::add))) {
      for (int seed = 0; seed < 1000; seed++) {
        Files.write(dir.resolve("a.tar"), mutate(original, new Random(seed)));
        skipped.clear();
        List<String> keys = new ArrayList<>();
        try (TrainingData data =
                factory.training(
                    DataSpec.of(dir + "/a.tar"),
                    new OrderSpec(seed, 1, 5),
                    transform,
                    Fixtures.TOKENIZER);
            SliceStream stream = data.open(0, 0, 1)) {
          for (Slice slice = stream.next(); slice != null; slice = stream.next()) {
            keys.addAll(slice.keys());
            slice.close();
          }
        } catch (DataException e) {
          assertThat(e).hasMessageContaining("is usable");
          assertThat(keys).isEmpty();
          assertThat(skipped).hasSizeGreaterThanOrEqualTo(SAMPLES);
          hopeless++;
          continue;
        }
        long losses = skipped.stream().filter(s -> s.step() >= 0).count();
        assertThat(keys.size() + losses).as("seed " + seed + " " + skipped).isEqualTo(SAMPLES);
        assertThat(skipped)
            .allSatisfy(s -> assertThat(s.sample()).startsWith("a.tar"))
            .allSatisfy(s -> assertThat(s.reason()).isNotBlank());
        delivered += keys.size();
        named += losses;
      }
    } finally {
      system.terminate();
    }
    System.out.printf(
        "1000 damaged tars: %d samples delivered, %d named as lost, %d tars of no use%n",
        delivered, named, hopeless);
    assertThat(named).isGreaterThan(500);
    assertThat(delivered).isGreaterThan(6000);
  }

  private static byte[] firstSamples() throws IOException {
    byte[] shard = Files.readAllBytes(Fixtures.EMOJI.resolve("train-0000.tar"));
    // The header of sample 000012 ends what is kept; two empty blocks close the tar.
    byte[] name = "000012.".getBytes();
    int end = 0;
    while (!Arrays.equals(shard, end, end + name.length, name, 0, name.length)) {
      end += 512;
    }
    byte[] tar = Arrays.copyOf(shard, end);
    return Arrays.copyOf(tar, end + 1024);
  }

  private static byte[] mutate(byte[] original, Random random) {
    byte[] bytes = original.clone();
    int blocks = bytes.length / 512;
    int at = random.nextInt(blocks) * 512;
    int length = Math.min(bytes.length - at, (1 + random.nextInt(8)) * 512);
    switch (random.nextInt(5)) {
      case 0:
        return Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1:
        byte[] doubled = Arrays.copyOf(bytes, bytes.length + length);
        System.arraycopy(bytes, at, doubled, at + length, bytes.length - at);
        return doubled;
      case 2:
        byte[] shorter = Arrays.copyOf(bytes, bytes.length - length);
        System.arraycopy(bytes, at + length, shorter, at, bytes.length - at - length);
        return shorter;
      case 3:
        Arrays.fill(bytes, at, at + length, (byte) random.nextInt(256));
        return bytes;
      default:
        for (int flips = 1 + random.nextInt(200); flips > 0; flips--) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return bytes;
    }
  }
}
