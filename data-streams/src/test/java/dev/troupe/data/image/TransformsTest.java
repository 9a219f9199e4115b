package dev.troupe.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.data.sample.BadSampleException;
import dev.troupe.data.sample.SampleRandom;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TransformsTest {
  private static final Augmentation PLAIN = Augmentation.defaults();

  private static Map<String, byte[]> golden;
  private static List<JsonNode> cases;

  @BeforeAll
  static void readGolden() throws Exception {
    golden = Golden.read("transform-golden.zip");
    cases = new ArrayList<>();
    new ObjectMapper().readTree(golden.get("cases.json")).forEach(cases::add);
  }

  @Test
  void shouldValidateAsOpenClipDoesToTheBit() throws Exception {
    int checked = 0;
    for (JsonNode one : cases("validation")) {
      ImageTransform transform =
          ImageTransforms.validation(
              Preprocess.of(24)
                  .withResizeMode(ResizeMode.valueOf(upper(one, "mode")))
                  .withInterpolation(Interpolation.valueOf(upper(one, "interpolation")))
                  .withFillColor(77));
      byte[] found = apply(transform, golden.get(one.get("image").textValue()), checked);
      assertThat(expected(one).pixels()).as(one.toString()).isEqualTo(found);
      checked++;
    }
    assertThat(checked).isEqualTo(18);
  }

  @Test
  void shouldCropAndResizeAsTorchvisionDoes() throws Exception {
    byte[] photo = golden.get("wide.jpg");
    for (JsonNode one : cases("crop")) {
      int[] box = new ObjectMapper().convertValue(one.get("box"), int[].class);
      try (PointerScope scope = new PointerScope()) {
        Pixels image = ImageDecoder.decode(photo, ImageHeader.read(photo), 1);
        Box region = new Box(box[0], box[1], box[2], box[3]);
        Interpolation interpolation = Interpolation.valueOf(upper(one, "interpolation"));
        Pixels resized = Resizer.resize(image, region, 24, 24, interpolation);
        assertClose(one, Golden.Rgb.of(resized).pixels());
      }
    }
  }

  @Test
  void shouldChangeColoursAsPilDoesToTheBit() {
    int checked = 0;
    for (JsonNode one : cases) {
      byte[] pixels = Golden.Rgb.of(golden.get("colours")).pixels().clone();
      double factor = one.path("factor").doubleValue();
      switch (one.get("kind").textValue()) {
        case "brightness":
          Colors.brightness(pixels, (float) factor);
          break;
        case "contrast":
          Colors.contrast(pixels, (float) factor);
          break;
        case "saturation":
          Colors.saturation(pixels, (float) factor);
          break;
        case "hue":
          Colors.hue(pixels, factor);
          break;
        case "grey":
          Colors.toGrey(pixels);
          break;
        default:
          continue;
      }
      assertThat(expected(one).farthest(pixels)).as(one.toString()).isZero();
      checked++;
    }
    assertThat(checked).isEqualTo(15);
  }

  @Test
  void shouldDrawByTheSampleSeedAlone() throws Exception {
    byte[] photo = golden.get("wide.jpg");
    Augmentation strong =
        new Augmentation(
            List.of(0.3, 1.0), null, List.of(0.4, 0.4, 0.4, 0.1), 0.8, 0.2, null, null, false);
    ImageTransform transform = ImageTransforms.train(Preprocess.of(24), strong);
    byte[][] once = new byte[16][];
    for (int seed = 0; seed < once.length; seed++) {
      once[seed] = apply(transform, photo, seed);
    }
    assertThat(Arrays.stream(once).map(Arrays::hashCode).distinct()).hasSize(16);
    IntStream.range(0, 64)
        .parallel()
        .forEach(i -> assertThat(unchecked(transform, photo, i % 16)).isEqualTo(once[i % 16]));
  }

  @Test
  void shouldKeepTheShareOfTheAreaThatIsAskedFor() {
    double sum = 0;
    for (int seed = 0; seed < 2000; seed++) {
      Box box =
          Box.randomCrop(
              640, 480, List.of(0.9, 1.0), Augmentation.DEFAULT_RATIO, new SampleRandom(seed));
      double share = box.width() * box.height() / (640.0 * 480);
      assertThat(share).isBetween(0.89, 1.0);
      assertThat(box.left()).isBetween(0, 640 - box.width());
      assertThat(box.top()).isBetween(0, 480 - box.height());
      assertThat(box.width() / (double) box.height()).isBetween(0.74, 1.35);
      sum += share;
    }
    assertThat(sum / 2000).isBetween(0.93, 0.97);
  }

  @Test
  void shouldTakeTheCentreOfImagesThatAreTooElongated() {
    for (int seed = 0; seed < 50; seed++) {
      Box wide =
          Box.randomCrop(
              1000, 10, PLAIN.scale(), Augmentation.DEFAULT_RATIO, new SampleRandom(seed));
      assertThat(wide).isEqualTo(new Box(493, 0, 13, 10));
      Box tall =
          Box.randomCrop(
              10, 1000, PLAIN.scale(), Augmentation.DEFAULT_RATIO, new SampleRandom(seed));
      assertThat(tall).isEqualTo(new Box(0, 493, 10, 13));
    }
  }

  @Test
  void shouldStayCloseToFullDecodingWhenJpegsAreDecodedScaled() throws Exception {
    byte[] photo = golden.get("wide.jpg");
    Preprocess preprocess = Preprocess.of(24);
    ImageTransform full = ImageTransforms.train(preprocess, PLAIN, DecodeOptions.EXACT);
    ImageTransform scaled = ImageTransforms.train(preprocess, PLAIN, DecodeOptions.FAST);
    double sum = 0;
    for (int seed = 0; seed < 20; seed++) {
      byte[] a = apply(full, photo, seed);
      byte[] b = apply(scaled, photo, seed);
      for (int i = 0; i < a.length; i++) {
        sum += Math.abs((a[i] & 0xff) - (b[i] & 0xff));
      }
    }
    assertThat(sum / (20 * 24 * 24 * 3)).isBetween(0.01, 4.0);
  }

  @Test
  void shouldScaleOnlyJpegsThatKeepThePixelsOfTheirTarget() {
    ImageHeader jpeg = new ImageHeader(ImageFormat.JPEG, 640, 480, ImageHeader.Layout.PLAIN);
    ImageHeader png = new ImageHeader(ImageFormat.PNG, 640, 480, ImageHeader.Layout.PLAIN);
    assertThat(DecodeOptions.FAST.reduction(jpeg, 448, 448, 224, 224)).isEqualTo(2);
    assertThat(DecodeOptions.FAST.reduction(jpeg, 447, 448, 224, 224)).isEqualTo(1);
    assertThat(DecodeOptions.FAST.reduction(jpeg, 640, 480, 64, 64)).isEqualTo(4);
    assertThat(DecodeOptions.FAST.reduction(jpeg, 64000, 48000, 64, 64)).isEqualTo(8);
    assertThat(DecodeOptions.FAST.reduction(png, 640, 480, 64, 64)).isEqualTo(1);
    assertThat(DecodeOptions.EXACT.reduction(jpeg, 640, 480, 64, 64)).isEqualTo(1);
  }

  @Test
  void shouldEraseRectanglesOfNoiseUnderTimm() throws Exception {
    byte[] photo = golden.get("square.webp");
    Augmentation none =
        new Augmentation(List.of(1.0, 1.0), List.of(1.0, 1.0), null, null, null, null, null, true);
    Augmentation erasing =
        new Augmentation(List.of(1.0, 1.0), List.of(1.0, 1.0), null, null, null, 1.0, 1, true);
    Preprocess preprocess = Preprocess.of(40);
    byte[] plain = apply(ImageTransforms.train(preprocess, none), photo, 0);
    double changed = 0;
    for (int seed = 0; seed < 40; seed++) {
      byte[] erased = apply(ImageTransforms.train(preprocess, erasing), photo, seed);
      for (int i = 0; i < plain.length; i++) {
        changed += plain[i] == erased[i] ? 0 : 1;
      }
    }
    assertThat(changed / (40 * plain.length)).isBetween(0.08, 0.30);
  }

  @Test
  void shouldTurnTheShareOfSamplesGreyThatIsAskedFor() throws Exception {
    Augmentation grey =
        new Augmentation(List.of(0.9, 1.0), null, null, null, 0.25, null, null, false);
    ImageTransform transform = ImageTransforms.train(Preprocess.of(8), grey);
    int count = 0;
    for (int seed = 0; seed < 400; seed++) {
      byte[] pixels = apply(transform, golden.get("wide.jpg"), seed);
      count += IntStream.range(0, 64).allMatch(i -> pixels[3 * i] == pixels[3 * i + 1]) ? 1 : 0;
    }
    assertThat(count).isBetween(70, 130);
  }

  @Test
  void shouldWriteAtTheBuffersPositionAndNowhereElse() throws Exception {
    ByteBuffer target = ByteBuffer.allocateDirect(3 * 8 * 8 + 20);
    for (ResizeMode mode : ResizeMode.values()) {
      for (int i = 0; i < target.capacity(); i++) {
        target.put(i, (byte) 99);
      }
      Preprocess preprocess = Preprocess.of(8).withResizeMode(mode).withFillColor(3);
      ImageTransforms.validation(preprocess).apply(golden.get("wide.jpg"), 0, target.position(10));
      for (int i = 0; i < 10; i++) {
        assertThat(target.get(i)).isEqualTo((byte) 99);
        assertThat(target.get(target.capacity() - 1 - i)).isEqualTo((byte) 99);
      }
    }
  }

  @Test
  void shouldFreeNativeMemoryWithEachImage() throws Exception {
    ImageTransform transform = ImageTransforms.train(Preprocess.of(24), PLAIN);
    apply(transform, golden.get("wide.jpg"), 0);
    long before = Pointer.totalBytes();
    for (int i = 0; i < 300; i++) {
      apply(transform, golden.get("wide.jpg"), i);
    }
    assertThat(Pointer.totalBytes()).isLessThanOrEqualTo(before + 10_000);
  }

  @Test
  void shouldNameWhatItRefuses() {
    assertThatThrownBy(() -> Preprocess.of(0)).hasMessageContaining("image size: 0");
    assertThatThrownBy(() -> Preprocess.of(8).withMean(List.of(1.0, 2.0)))
        .hasMessageContaining("image-mean: [1.0, 2.0] (expected: 1 or 3 numbers)");
    assertThatThrownBy(
            () -> new Augmentation(PLAIN.scale(), null, List.of(0.4), 0.5, null, null, null, false))
        .hasMessageContaining("color_jitter: [0.4] (expected: 4 numbers with color_jitter_prob");
    assertThatThrownBy(
            () -> new Augmentation(List.of(1.0, 0.5), null, null, null, null, null, null, false))
        .hasMessageContaining("scale: [1.0, 0.5]");
    DecodeOptions small = new DecodeOptions(1000, false);
    assertThatThrownBy(
            () ->
                apply(
                    ImageTransforms.validation(Preprocess.of(8), small), golden.get("wide.jpg"), 0))
        .isInstanceOf(BadSampleException.class)
        .hasMessage("JPEG 150x100: 15000 pixels (expected: <= 1000)");
  }

  @Test
  void shouldNameKeysWithoutEffect() {
    List<Double> jitter = List.of(0.1);
    Augmentation plain =
        new Augmentation(PLAIN.scale(), PLAIN.scale(), jitter, null, null, 0.1, 2, false);
    Augmentation timm =
        new Augmentation(PLAIN.scale(), PLAIN.scale(), jitter, 0.5, 0.5, 0.1, 2, true);
    assertThat(plain.ignoredKeys()).containsExactly("ratio", "re_prob", "re_count", "color_jitter");
    assertThat(timm.ignoredKeys()).containsExactly("color_jitter_prob", "gray_scale_prob");
  }

  private static void assertClose(JsonNode one, byte[] found) {
    assertThat(expected(one).farthest(found)).as(one.toString()).isLessThanOrEqualTo(1);
    assertThat(expected(one).shareBeyond(0, found)).as(one.toString()).isLessThan(0.04);
  }

  private static Golden.Rgb expected(JsonNode one) {
    return Golden.Rgb.of(golden.get(one.get("result").textValue()));
  }

  private static List<JsonNode> cases(String kind) {
    return cases.stream().filter(one -> one.get("kind").textValue().equals(kind)).toList();
  }

  private static String upper(JsonNode one, String key) {
    return one.get(key).textValue().toUpperCase(Locale.ROOT);
  }

  private static byte[] unchecked(ImageTransform transform, byte[] image, long seed) {
    try {
      return apply(transform, image, seed);
    } catch (BadSampleException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] apply(ImageTransform transform, byte[] image, long seed)
      throws BadSampleException {
    int bytes = 3 * transform.size() * transform.size();
    ByteBuffer target = ByteBuffer.allocateDirect(bytes);
    transform.apply(image, seed, target.duplicate());
    byte[] pixels = new byte[bytes];
    target.get(pixels);
    return pixels;
  }
}
