package dev.troupe.data.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.data.shard.Tars;
import dev.troupe.data.store.WebServer;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class DataAtScaleTest {
  @TempDir Path dir;

  @Test
  @Timeout(value = 120, unit = TimeUnit.SECONDS)
  void shouldGiveABatchOfTwoBillionSamplesWithinAGibibyteOfHeap() throws Exception {
    byte[] shard = Tars.samples(0, 9396, 300);
    Path index = Files.createDirectories(dir.resolve("index"));
    try (BufferedWriter sizes = Files.newBufferedWriter(index.resolve("sizes.json"))) {
      for (int i = 0; i < 231_000; i++) {
        sizes.write(String.format("%s\"%06d.tar\": 9396", i == 0 ? "{" : ",\n", i));
      }
      sizes.write("}");
    }
    try (WebServer server = new WebServer(path -> shard, true)) {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx1g",
                  "-cp",
                  System.getProperty("java.class.path"),
                  FirstBatchMain.class.getName(),
                  "" + server.port(),
                  index.toString(),
                  dir.resolve("cache").toString())
              .redirectErrorStream(true)
              .redirectOutput(dir.resolve("out").toFile())
              .start();
      try {
        assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
      } finally {
        process.destroyForcibly();
      }
      String output = Files.readString(dir.resolve("out"));
      System.out.print(output);
      assertThat(process.exitValue()).as(output).isZero();
      assertThat(output).contains("2170476000 samples an epoch", "first batch of 128");
      // The batch's own lanes and some shards ahead, of 231,000.
      assertThat(server.requests()).hasSizeLessThan(60);
    }
  }
}
