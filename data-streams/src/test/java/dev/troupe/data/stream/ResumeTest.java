package dev.troupe.data.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.data.shard.Tars;
import dev.troupe.data.store.S3Server;
import dev.troupe.data.store.StoreSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ResumeTest {
  private static final OrderSpec ORDER = new OrderSpec(8, 3, 256);

  /** The folder is also what the S3 server serves: its sub-folders are buckets. */
  @TempDir static Path dir;

  private static ActorSystem system;
  private static List<List<String>> whole;

  @BeforeAll
  static void readFromTheStart() throws IOException, InterruptedException {
    Path bucket = Files.createDirectories(dir.resolve("bucket"));
    StringBuilder sizes = new StringBuilder("{");
    for (int i = 0; i < 1000; i++) {
      String name = String.format("%04d.tar", i);
      Files.write(bucket.resolve(name), Tars.samples(100 * i, 20 + i % 7, 200));
      sizes.append(i == 0 ? "" : ",").append('"' + name + "\":" + (20 + i % 7));
    }
    Files.writeString(bucket.resolve("sizes.json"), sizes.append("}"));
    system = ActorSystem.create("resume");
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults());
        TrainingData data = open(factory, dir + "/bucket")) {
      whole = new ArrayList<>(Fixtures.keys(data, 0, data.totalSteps(), 0, 1));
    }
  }

  @AfterAll
  static void stop() {
    system.terminate();
  }

  private static TrainingData open(DataFactory factory, String folder) {
    return factory.training(
        DataSpec.of(folder + "/{0000..0999}.tar"), ORDER, Fixtures.TRANSFORM, Fixtures.TOKENIZER);
  }

  @Test
  void shouldGoOnInTheMiddleOfAThousandLocalShards() throws InterruptedException {
    resume(dir + "/bucket", StoreSpec.defaults());
  }

  @Test
  void shouldGoOnInTheMiddleOfAThousandShardsInS3(@TempDir Path cache) throws Exception {
    try (S3Server s3 = new S3Server(dir)) {
      resume("s3://bucket", S3Server.spec(s3.port(), cache));
    }
  }

  private static void resume(String folder, StoreSpec store) throws InterruptedException {
    long middle = whole.size() / 2 + 3;
    long start = System.nanoTime();
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults(), store);
        TrainingData data = open(factory, folder);
        SliceStream stream = data.open(middle, 0, 1)) {
      for (int step = (int) middle; step < middle + 5; step++) {
        try (Slice slice = stream.next()) {
          if (step == middle) {
            System.out.printf(
                "resume in the middle of 1,000 shards of %s: first batch after %.2f s%n",
                folder.startsWith("s3:") ? "S3" : "a local disk",
                (System.nanoTime() - start) / 1e9);
          }
          assertThat(slice.step()).isEqualTo(step);
          assertThat(slice.keys()).isEqualTo(whole.get(step));
        }
      }
    }
  }
}
