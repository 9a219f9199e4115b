package dev.troupe.nn.train;

import dev.troupe.nn.torch.TensorScope;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A rank's share, cut into micro-batches of (nearly) equal size. Pixels and tokens are read in
 * place and turned into the model's input one micro-batch at a time, on the device.
 */
final class MicroBatches {
  private final StepInput input;
  private final int count;
  private final long usedTokens;
  private final Device device;
  private final Tensor scale;
  private final Tensor shift;
  private final ScalarType pixelType;

  /**
   * @param usedTokens token positions that matter
   * @param scale 1/(255·std), 1×3×1×1
   * @param shift −mean/std, 1×3×1×1
   */
  MicroBatches(
      StepInput input,
      TrainerSettings settings,
      long usedTokens,
      Device device,
      Tensor scale,
      Tensor shift) {
    this.input = input;
    this.usedTokens = usedTokens;
    this.device = device;
    this.scale = scale;
    this.shift = shift;
    this.pixelType = settings.precision().pixels();
    int limit = settings.maxMicroBatch() == 0 ? Integer.MAX_VALUE : settings.maxMicroBatch();
    int needed = (int) ((input.size() + limit - 1L) / limit);
    this.count = Math.min(input.size(), Math.max(settings.accumFreq(), needed));
  }

  /** The number of micro-batches; 0 for an empty share. */
  int count() {
    return count;
  }

  /** First row of micro-batch {@code i}; that of {@code count()} is the share's size. */
  long begin(int i) {
    return (long) input.size() * i / count;
  }

  /** Normalised pixels of micro-batch {@code i}, B×3×H×W, in the type of the weights. */
  Tensor images(int i) {
    long s = input.imageSize();
    long n = begin(i + 1) - begin(i);
    long[] shape = input.channelsLast() ? new long[] {n, s, s, 3} : new long[] {n, 3, s, s};
    try (TensorScope scope = new TensorScope()) {
      BytePointer pixels = new BytePointer(input.images().slice()).getPointer(begin(i) * 3 * s * s);
      Tensor bytes =
          torch.from_blob(pixels, shape, options(ScalarType.Byte)).to(device, ScalarType.Byte);
      Tensor images = input.channelsLast() ? bytes.permute(0, 3, 1, 2) : bytes;
      Tensor normalised = torch.addcmul(shift, images.to(ScalarType.Float), scale);
      return scope.keep(normalised.to(pixelType));
    }
  }

  /** Token ids of micro-batch {@code i}, int64 B×L, cut to the positions that matter. */
  Tensor tokens(int i) {
    long n = begin(i + 1) - begin(i);
    try (TensorScope scope = new TensorScope()) {
      IntPointer ids =
          new IntPointer(input.tokens().slice().order(ByteOrder.nativeOrder()).asIntBuffer())
              .getPointer(begin(i) * input.contextLength());
      Tensor all =
          torch.from_blob(ids, new long[] {n, input.contextLength()}, options(ScalarType.Int));
      return scope.keep(all.narrow(1, 0, usedTokens).to(device, ScalarType.Long));
    }
  }

  private static TensorOptions options(ScalarType type) {
    return new TensorOptions()
        .dtype(new ScalarTypeOptional(type))
        .device(new DeviceOptional(new Device("cpu")));
  }
}
