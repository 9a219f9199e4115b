package dev.troupe.data.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.data.sample.SkippedSample;
import dev.troupe.data.shard.Tars;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.stream.DataException;
import dev.troupe.data.stream.DataSpec;
import dev.troupe.data.stream.Fixtures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataVerifierTest {
  @TempDir Path dir;
  private final List<SkippedSample> broken = new CopyOnWriteArrayList<>();
  private final List<String> heard = new CopyOnWriteArrayList<>();

  private VerifyReport verify(String location) throws InterruptedException {
    return DataVerifier.verify(
        DataSpec.of(location),
        StoreSpec.defaults(),
        2,
        (shards, of, samples, bad) -> heard.add(shards + "/" + of),
        broken::add);
  }

  @Test
  void shouldFindTheEmbeddedShardsSound() throws Exception {
    VerifyReport report = verify(Fixtures.EMOJI + "/{train-0000,val-0001}.tar");
    assertThat(report.isSound()).isTrue();
    assertThat(report.shards()).isEqualTo(2);
    assertThat(report.samples()).isEqualTo(908 + 808);
    assertThat(report.formats().keySet()).containsExactly("JPEG", "PNG", "WebP");
    assertThat(report.formats().values().stream().mapToLong(n -> n).sum()).isEqualTo(908 + 808);
    assertThat(report.widths()).isEqualTo(new Spread(64, 64, 64, 64));
    assertThat(report.captionLengths().min()).isPositive();
    assertThat(report.captionLengths().median()).isLessThan(report.captionLengths().max());
    assertThat(heard).containsExactly("1/2", "2/2");
    assertThat(broken).isEmpty();
  }

  @Test
  void shouldReportWhatIsWrong() throws Exception {
    byte[] png = firstImage();
    Tars tars = new Tars();
    tars.file("a.png", png).file("a.txt", "first");
    tars.file("b.png", png).file("b.txt", "second");
    tars.file("c.png", png).file("c.txt", "first");
    tars.file("d.png", new byte[0]).file("d.txt", " ");
    tars.file("e.png", png);
    tars.file("a.png", png).file("a.txt", "word ".repeat(90));
    byte[] bytes = tars.bytes();
    Files.write(dir.resolve("0.tar"), bytes);
    Files.write(dir.resolve("1.tar"), Arrays.copyOf(bytes, png.length + 700));
    Files.writeString(dir.resolve("sizes.json"), "{\"0.tar\": 7}");
    VerifyReport report = verify(dir + "/{0..2}.tar");
    assertThat(report.isSound()).isFalse();
    assertThat(report.samples()).isEqualTo(7);
    assertThat(report.broken()).isEqualTo(3);
    assertThat(broken.stream().map(SkippedSample::sample))
        .containsExactlyInAnyOrder("0.tar/d", "0.tar/e", "1.tar/a");
    assertThat(report.reasons())
        .containsEntry("image: empty file", 1L)
        .containsEntry("no caption (txt)", 2L);
    assertThat(report.wrongCounts()).hasSize(1);
    assertThat(report.wrongCounts().get(0)).contains("0.tar: holds 6 samples, 7 are stated");
    assertThat(report.damages()).hasSize(2);
    assertThat(report.damages().get(0)).contains("1.tar");
    assertThat(report.damages().get(1)).contains("2.tar: no such file");
    assertThat(report.repeatedKeys()).isEqualTo(1);
    assertThat(report.repeatedImages()).isEqualTo(3);
    assertThat(report.repeatedPairs()).isEqualTo(1);
    assertThat(report.longCaptions()).isEqualTo(1);
  }

  private static byte[] firstImage() throws Exception {
    java.awt.image.BufferedImage image =
        new java.awt.image.BufferedImage(20, 30, java.awt.image.BufferedImage.TYPE_INT_RGB);
    java.io.ByteArrayOutputStream png = new java.io.ByteArrayOutputStream();
    javax.imageio.ImageIO.write(image, "png", png);
    return png.toByteArray();
  }

  @Test
  void shouldRefuseALocationWithoutData() {
    assertThatThrownBy(() -> verify(dir + "/*.tar"))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no file matches");
  }
}
