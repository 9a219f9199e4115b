package dev.troupe.nn.model.tower.trunk;

import dev.troupe.nn.torch.TensorScope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Global pooling by timm's names. */
public enum Pooling {
  /** The first token. */
  TOKEN("token"),
  /** The mean. */
  AVG("avg"),
  /** The largest value of each channel. */
  MAX("max"),
  /** Half the mean and half the maximum. */
  AVGMAX("avgmax"),
  /** Attention from a learned query ({@link AttentionPool}). */
  MAP("map");

  private final String name;

  Pooling(String name) {
    this.name = name;
  }

  /**
   * The pooling of a name.
   *
   * @param model named in the error
   * @param allowed what the model offers
   */
  public static Pooling of(String name, String model, Pooling... allowed) {
    for (Pooling pooling : allowed) {
      if (pooling.name.equals(name)) {
        return pooling;
      }
    }
    List<String> names = List.of(allowed).stream().map(p -> p.name).toList();
    throw new IllegalArgumentException(
        "timm_pool: \"" + name + "\" (expected for " + model + ": one of " + names + ")");
  }

  /**
   * The pooling of a transformer's tokens.
   *
   * @param prefix the number of class tokens, without which {@link #TOKEN} is not offered
   */
  public static Pooling ofTokens(String name, String model, long prefix) {
    return prefix == 0
        ? of(name, model, AVG, MAX, AVGMAX, MAP)
        : of(name, model, TOKEN, AVG, MAX, AVGMAX, MAP);
  }

  /**
   * The pooling that a transformer built for this one can change to: attention pooling has weights,
   * so it is there from the start or never.
   */
  public Pooling then(String name, String model, long prefix) {
    if (this != MAP && MAP.name.equals(name)) {
      throw new IllegalArgumentException(
          "timm_pool: \"map\" (expected for "
              + model
              + ": timm_proj null or \"none\" with it, as"
              + " this trunk has no attention pooling of its own)");
    }
    return ofTokens(name, model, prefix);
  }

  /** Pools a grid B×C×H×W to B×C. */
  public Tensor grid(Tensor x_BCHW) {
    return reduce(x_BCHW, 2, 3);
  }

  /** Pools tokens B×N×C to B×C; all but {@link #TOKEN} leave the first {@code prefix} out. */
  public Tensor tokens(Tensor x_BNC, long prefix) {
    if (this == TOKEN) {
      return x_BNC.select(1, 0);
    }
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(reduce(x_BNC.narrow(1, prefix, x_BNC.size(1) - prefix), 1));
    }
  }

  private Tensor reduce(Tensor x, long... axes) {
    if (this == AVG) {
      return x.mean(axes);
    }
    if (this == MAX) {
      return x.amax(axes, false);
    }
    if (this == AVGMAX) {
      try (TensorScope scope = new TensorScope()) {
        return scope.keep(x.amax(axes, false).add(x.mean(axes)).mul(new Scalar(0.5)));
      }
    }
    throw new IllegalStateException(name + " is not a reduction");
  }
}
