package dev.troupe.data.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.data.shard.Tars;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ResumeTest {
  @TempDir Path dir;

  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void shouldGoOnInTheMiddleOfAThousandShardsWithoutReadingWhatCameBefore() throws Exception {
    StringBuilder sizes = new StringBuilder("{");
    for (int i = 0; i < 1000; i++) {
      String name = String.format("%04d.tar", i);
      Files.write(dir.resolve(name), Tars.samples(100 * i, 20 + i % 7, 200));
      sizes.append(i == 0 ? "" : ",").append('"' + name + "\":" + (20 + i % 7));
    }
    Files.writeString(dir.resolve("sizes.json"), sizes.append("}"));
    ActorSystem system = ActorSystem.create("resume");
    OrderSpec order = new OrderSpec(8, 3, 256);
    DataSpec spec = DataSpec.of(dir + "/{0000..0999}.tar");
    List<List<String>> whole = new ArrayList<>();
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults());
        TrainingData data = factory.training(spec, order, Fixtures.TRANSFORM, Fixtures.TOKENIZER)) {
      whole.addAll(Fixtures.keys(data, 0, data.totalSteps(), 0, 1));
    }
    long middle = whole.size() / 2 + 3;
    long start = System.nanoTime();
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults());
        TrainingData data = factory.training(spec, order, Fixtures.TRANSFORM, Fixtures.TOKENIZER);
        SliceStream stream = data.open(middle, 0, 1)) {
      for (int step = (int) middle; step < middle + 20; step++) {
        try (Slice slice = stream.next()) {
          if (step == middle) {
            System.out.printf(
                "resume in the middle of 1,000 shards: first batch after %.2f s%n",
                (System.nanoTime() - start) / 1e9);
          }
          assertThat(slice.step()).isEqualTo(step);
          assertThat(slice.keys()).isEqualTo(whole.get(step));
        }
      }
    } finally {
      system.terminate();
    }
  }
}
