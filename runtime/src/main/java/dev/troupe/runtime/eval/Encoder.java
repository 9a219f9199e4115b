package dev.troupe.runtime.eval;

import dev.troupe.data.image.Preprocess;
import dev.troupe.data.stream.Slice;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.torch.Autocast;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.train.Precision;
import java.nio.ByteBuffer;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Runs a model's towers over slices of data, without gradients, in inference mode.
 *
 * <p><b>Native memory:</b> results are on the CPU and belong to the caller's scope; the statistics
 * of normalising belong to the encoder.
 */
public final class Encoder implements AutoCloseable {
  private final ClipModel model;
  private final Device device;
  private final Precision precision;
  private final Tensor mean_C11;
  private final Tensor std_C11;

  /**
   * @param model stays the caller's; it must be in inference mode ({@code train(false)}) while it
   *     encodes, on the device and in the precision ({@link dev.troupe.nn.train.WeightCast})
   */
  public Encoder(ClipModel model, Device device, Precision precision, Preprocess preprocess) {
    this.model = model;
    this.device = device;
    this.precision = precision;
    this.mean_C11 = statistics(preprocess.mean());
    this.std_C11 = statistics(preprocess.std());
  }

  private Tensor statistics(List<Double> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    try (TensorScope scope = new TensorScope()) {
      Tensor row = torch.tensor(floats).view(values.size(), 1, 1).to(device, ScalarType.Float);
      row.retainReference();
      return row;
    }
  }

  /** Raw image features of a slice, N×D. */
  public Tensor images(Slice slice) {
    return images(slice.images_NHWC(), slice.size(), slice.imageSize());
  }

  /**
   * @param pixels_NHWC uint8, in a direct buffer
   */
  public Tensor images(ByteBuffer pixels_NHWC, int n, int size) {
    try (TensorScope scope = new TensorScope();
        NoGradGuard noGrad = new NoGradGuard();
        Autocast autocast = Autocast.to(device.is_cuda(), precision.autocast())) {
      Tensor bytes_NHWC =
          torch.from_blob(
              new BytePointer(pixels_NHWC),
              new long[] {n, size, size, 3},
              new TensorOptions(ScalarType.Byte));
      Tensor pixels_NCHW =
          bytes_NHWC.permute(0, 3, 1, 2).to(device, ScalarType.Float).div_(new Scalar(255f));
      pixels_NCHW.sub_(mean_C11).div_(std_C11);
      return scope.keep(toCpu(model.encodeImage(pixels_NCHW.to(precision.pixels()))));
    }
  }

  /** Raw text features of a slice, N×D. */
  public Tensor texts(Slice slice) {
    return texts(slice.tokens_NL(), slice.size(), slice.contextLength(), slice.longestCaption());
  }

  /**
   * @param tokens_NL int32 in native order, in a direct buffer
   * @param longestCaption tokens of the longest caption, start and end included
   */
  public Tensor texts(ByteBuffer tokens_NL, int n, int contextLength, int longestCaption) {
    try (TensorScope scope = new TensorScope();
        NoGradGuard noGrad = new NoGradGuard();
        Autocast autocast = Autocast.to(device.is_cuda(), precision.autocast())) {
      Tensor tokens =
          torch.from_blob(
              new BytePointer(tokens_NL),
              new long[] {n, contextLength},
              new TensorOptions(ScalarType.Int));
      int used = model.usedTokens(longestCaption, contextLength);
      Tensor used_NL = tokens.narrow(1, 0, used).to(device, ScalarType.Long);
      return scope.keep(toCpu(model.encodeText(used_NL)));
    }
  }

  private static Tensor toCpu(Tensor features) {
    return features.to(new Device("cpu"), ScalarType.Float).contiguous();
  }

  @Override
  public void close() {
    mean_C11.releaseReference();
    std_C11.releaseReference();
  }
}
