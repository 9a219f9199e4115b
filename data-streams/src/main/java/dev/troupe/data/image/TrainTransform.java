package dev.troupe.data.image;

import dev.troupe.data.sample.BadSampleException;
import dev.troupe.data.sample.SampleRandom;
import java.nio.ByteBuffer;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;

/**
 * OpenCLIP's training transform: a random crop resized to the target, then colour jitter, grey
 * scale or erasing where asked for.
 */
final class TrainTransform implements ImageTransform {
  private final Preprocess preprocess;
  private final Augmentation augmentation;
  private final DecodeOptions options;
  private final ColorJitter jitter;
  private final double jitterProbability;
  private final double greyProbability;
  private final RandomErasing erasing;

  TrainTransform(Preprocess preprocess, Augmentation augmentation, DecodeOptions options) {
    this.preprocess = preprocess;
    this.augmentation = augmentation;
    this.options = options;
    boolean timm = augmentation.useTimm();
    Double probability = timm ? Double.valueOf(1) : augmentation.colorJitterProb();
    jitterProbability = augmentation.colorJitter() == null || probability == null ? 0 : probability;
    jitter = jitterProbability > 0 ? new ColorJitter(augmentation.colorJitter()) : null;
    greyProbability =
        timm || augmentation.grayScaleProb() == null ? 0 : augmentation.grayScaleProb();
    erasing =
        timm && augmentation.reProb() != null && augmentation.reProb() > 0
            ? new RandomErasing(
                augmentation.reProb(),
                augmentation.reCount() == null ? 1 : augmentation.reCount(),
                preprocess)
            : null;
  }

  @Override
  public int size() {
    return preprocess.size();
  }

  @Override
  public void apply(byte[] encoded, long sampleSeed, ByteBuffer target_HWC)
      throws BadSampleException {
    ImageHeader header = ImageHeader.read(encoded).checkPixels(options.pixelLimit());
    SampleRandom random = new SampleRandom(sampleSeed);
    int size = preprocess.size();
    try (PointerScope scope = new PointerScope()) {
      Box region =
          Box.randomCrop(header.width(), header.height(), augmentation.scale(), ratio(), random);
      Interpolation interpolation = interpolation(random);
      int reduction = options.reduction(header, region.width(), region.height(), size, size);
      Pixels image = ImageDecoder.decode(encoded, header, reduction);
      if (reduction > 1) {
        region = region.reduced(reduction, image.width(), image.height());
      }
      Pixels resized = Resizer.resize(image, region, size, size, interpolation);
      resized.copyTo(target_HWC, size, 0, 0);
    }
    augment(target_HWC, random);
  }

  private List<Double> ratio() {
    boolean given = augmentation.useTimm() && augmentation.ratio() != null;
    return given ? augmentation.ratio() : Augmentation.DEFAULT_RATIO;
  }

  /** torchvision's is always bicubic in OpenCLIP; timm's follows the setting. */
  private Interpolation interpolation(SampleRandom random) {
    if (!augmentation.useTimm()) {
      return Interpolation.BICUBIC;
    }
    if (preprocess.interpolation() != Interpolation.RANDOM) {
      return preprocess.interpolation();
    }
    return random.below(2) == 0 ? Interpolation.BILINEAR : Interpolation.BICUBIC;
  }

  private void augment(ByteBuffer target_HWC, SampleRandom random) {
    if (jitter == null && greyProbability == 0 && erasing == null) {
      return;
    }
    int size = preprocess.size();
    byte[] pixels_HWC = new byte[3 * size * size];
    target_HWC.duplicate().get(pixels_HWC);
    if (jitter != null && random.nextDouble() < jitterProbability) {
      jitter.apply(pixels_HWC, random);
    }
    if (greyProbability > 0 && random.nextDouble() < greyProbability) {
      Colors.toGrey(pixels_HWC);
    }
    if (erasing != null) {
      erasing.apply(pixels_HWC, random);
    }
    target_HWC.duplicate().put(pixels_HWC);
  }
}
