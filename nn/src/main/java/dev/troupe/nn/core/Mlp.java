package dev.troupe.nn.core;

import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/** Two linear maps with a non-linearity between them; the children's names are the caller's. */
public final class Mlp extends Layer {
  private final Linear first;
  private final Linear second;
  private final Activation activation;

  /**
   * A perceptron width → hidden → out.
   *
   * @param firstName {@code c_fc} in OpenCLIP, {@code fc1} in timm
   * @param secondName {@code c_proj} in OpenCLIP, {@code fc2} in timm
   */
  public Mlp(
      String firstName,
      String secondName,
      long width,
      long hidden,
      long out,
      Activation activation,
      boolean secondBias) {
    this.first = child(firstName, new Linear(width, hidden));
    this.second = child(secondName, new Linear(hidden, out, secondBias));
    this.activation = activation;
  }

  /** OpenCLIP's {@code mlp}: {@code c_fc}, {@code c_proj}. */
  public static Mlp openClip(long width, long hidden, Activation activation) {
    return new Mlp("c_fc", "c_proj", width, hidden, width, activation, true);
  }

  /** timm's {@code mlp}: {@code fc1}, {@code fc2}. */
  public static Mlp timm(long width, long hidden, Activation activation) {
    return new Mlp("fc1", "fc2", width, hidden, width, activation, true);
  }

  /** Maps …×width to …×out. */
  public Tensor forward(Tensor x) {
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(second.forward(first.forward(x, activation)));
    }
  }

  /** The map from width to hidden. */
  public Linear first() {
    return first;
  }

  /** The map from hidden to out. */
  public Linear second() {
    return second;
  }
}
