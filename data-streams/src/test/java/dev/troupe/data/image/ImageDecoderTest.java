package dev.troupe.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.data.sample.BadSampleException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;

class ImageDecoderTest {
  @Test
  void shouldDecodeEveryKindOfImageAsPilDoes() throws Exception {
    Map<String, byte[]> entries = Golden.read("decode-golden.zip");
    List<String> wrong = new ArrayList<>();
    int images = 0;
    for (String name : entries.keySet()) {
      if (name.endsWith(".rgb")) {
        continue;
      }
      Golden.Rgb expected = Golden.Rgb.of(entries.get(name + ".rgb"));
      Golden.Rgb found = decode(entries.get(name));
      if (found.width() != expected.width()
          || found.height() != expected.height()
          || !Arrays.equals(found.pixels(), expected.pixels())) {
        wrong.add(name);
      }
      images++;
    }
    assertThat(wrong).isEmpty();
    assertThat(images).isEqualTo(47);
  }

  @Test
  void shouldReadHeadersWithoutDecoding() throws Exception {
    Map<String, byte[]> entries = Golden.read("decode-golden.zip");
    for (String name : entries.keySet()) {
      if (!name.endsWith(".rgb")) {
        Golden.Rgb expected = Golden.Rgb.of(entries.get(name + ".rgb"));
        ImageHeader header = ImageHeader.read(entries.get(name));
        assertThat(name)
            .endsWithIgnoringCase(
                header.format() == ImageFormat.JPEG ? "jpg" : header.format().name());
        assertThat(header.width()).isEqualTo(expected.width());
        assertThat(header.height()).isEqualTo(expected.height());
      }
    }
  }

  @Test
  void shouldRefuseImagesThatAreCutOffAnywhere() throws Exception {
    Map<String, byte[]> entries = Golden.read("decode-golden.zip");
    for (String name :
        List.of(
            "420-q90.jpg",
            "progressive.jpg",
            "restart.jpg",
            "cmyk.jpg",
            "rgb.png",
            "palette-16.png",
            "lossy.webp",
            "lossless.webp",
            "alpha.webp",
            "animated.webp")) {
      byte[] whole = entries.get(name);
      for (int length = 0; length < whole.length; length += length < 40 ? 1 : 13) {
        byte[] cut = Arrays.copyOf(whole, length);
        assertThatThrownBy(() -> decode(cut))
            .as("%s cut to %d", name, length)
            .isInstanceOf(BadSampleException.class);
      }
      byte[] last = Arrays.copyOf(whole, whole.length - 1);
      assertThatThrownBy(() -> decode(last)).as(name).isInstanceOf(BadSampleException.class);
      byte[] more = Arrays.copyOf(whole, whole.length + 100);
      assertThat(decode(more).pixels()).as(name).isEqualTo(decode(whole).pixels());
    }
  }

  @Test
  void shouldSurviveRandomDamage() throws Exception {
    Map<String, byte[]> entries = Golden.read("decode-golden.zip");
    Random random = new Random(1);
    int refused = 0;
    int decoded = 0;
    for (String name : entries.keySet()) {
      for (int i = 0; i < 20 && !name.endsWith(".rgb"); i++) {
        byte[] damaged = entries.get(name).clone();
        for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
          damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
        }
        try {
          ImageHeader.read(damaged).checkPixels(1_000_000);
          decode(damaged);
          decoded++;
        } catch (BadSampleException e) {
          assertThat(e.getMessage()).isNotBlank();
          refused++;
        }
      }
    }
    assertThat(refused).isGreaterThan(100);
    assertThat(decoded).isGreaterThan(50);
  }

  @Test
  void shouldRefuseDecompressionBombsByTheirHeader() throws Exception {
    byte[] bomb = Golden.read("decode-golden.zip").get("grey.png").clone();
    bomb[16] = 0x00;
    bomb[17] = 0x01; // width 65536 + 23
    bomb[21] = 0x01; // height 65536 + 17
    CRC32 crc = new CRC32();
    crc.update(bomb, 12, 17);
    for (int i = 0; i < 4; i++) {
      bomb[29 + i] = (byte) (crc.getValue() >> 24 - 8 * i);
    }
    ImageHeader header = ImageHeader.read(bomb);
    assertThatThrownBy(() -> header.checkPixels(DecodeOptions.PIL_PIXEL_LIMIT))
        .isInstanceOf(BadSampleException.class)
        .hasMessage("PNG 65559x65553: 4297589127 pixels (expected: <= 178956970)");
  }

  @Test
  void shouldSayWhatIsNoImage() {
    assertRefused(new byte[0], "image: empty file");
    assertRefused(new byte[500], "image: zeros (expected: JPEG, PNG or WebP)");
    assertRefused("GIF89a....".getBytes(StandardCharsets.UTF_8), "image: GIF (expected");
    assertRefused(" <!DOCTYPE html>".getBytes(StandardCharsets.UTF_8), "HTML");
    assertRefused(new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff}, "JPEG: cut off");
  }

  @Test
  void shouldDecodeJpegsAtAFractionOfTheirSize() throws Exception {
    byte[] photo = Golden.read("transform-golden.zip").get("wide.jpg");
    Golden.Rgb whole = decode(photo);
    for (int reduction : new int[] {2, 4, 8}) {
      Golden.Rgb reduced = decode(photo, reduction);
      assertThat(reduced.width()).isEqualTo((150 + reduction - 1) / reduction);
      assertThat(reduced.height()).isEqualTo((100 + reduction - 1) / reduction);
      assertThat(meanDifference(whole, reduced, reduction)).isLessThan(4);
    }
  }

  @Test
  void shouldFreeWhatItDecoded() throws Exception {
    byte[] photo = Golden.read("transform-golden.zip").get("wide.jpg");
    decode(photo);
    long before = Pointer.totalBytes();
    for (int i = 0; i < 200; i++) {
      decode(photo);
    }
    assertThat(Pointer.totalBytes()).isEqualTo(before);
  }

  /** Mean difference of a value from the mean of the block that it stands for. */
  private static double meanDifference(Golden.Rgb whole, Golden.Rgb reduced, int reduction) {
    double sum = 0;
    int count = 0;
    for (int y = 0; y < whole.height() / reduction; y++) {
      for (int x = 0; x < 3 * (whole.width() / reduction); x++) {
        double block = 0;
        for (int i = 0; i < reduction * reduction; i++) {
          int row = y * reduction + i / reduction;
          int column = (x / 3) * reduction + i % reduction;
          block += whole.pixels()[3 * (row * whole.width() + column) + x % 3] & 0xff;
        }
        int value = reduced.pixels()[3 * y * reduced.width() + x] & 0xff;
        sum += Math.abs(block / (reduction * reduction) - value);
        count++;
      }
    }
    return sum / count;
  }

  private static void assertRefused(byte[] data, String reason) {
    assertThatThrownBy(() -> ImageHeader.read(data))
        .isInstanceOf(BadSampleException.class)
        .hasMessageContaining(reason);
  }

  private static Golden.Rgb decode(byte[] data) throws BadSampleException {
    return decode(data, 1);
  }

  private static Golden.Rgb decode(byte[] data, int reduction) throws BadSampleException {
    ImageHeader header = ImageHeader.read(data);
    try (PointerScope scope = new PointerScope()) {
      return Golden.Rgb.of(ImageDecoder.decode(data, header, reduction));
    }
  }
}
