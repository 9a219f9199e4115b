package dev.troupe.nn.model.tower.trunk;

import dev.troupe.nn.core.Conv2d;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Linear;

/** How timm starts the layers of its trunks that do not start as in PyTorch. */
public final class TimmInit {
  private static final double STD = 0.02;

  private TimmInit() {}

  /** Truncated normal weights of deviation 0.02 and a bias of 0. */
  public static void linear(Linear linear) {
    Init.truncatedNormal(linear.weight(), STD);
    if (linear.bias() != null) {
      Init.constant(linear.bias(), 0);
    }
  }

  /** Truncated normal weights of deviation 0.02 and a bias of 0. */
  public static void conv(Conv2d conv) {
    Init.truncatedNormal(conv.weight(), STD);
    if (conv.bias() != null) {
      Init.constant(conv.bias(), 0);
    }
  }

  /** Normal weights of variance 2/fanOut and a bias of 0, as in MobileNet. */
  public static void fanOut(Conv2d conv) {
    long out = conv.weight().size(0);
    long kernel = conv.weight().size(2) * conv.weight().size(3);
    Init.normal(conv.weight(), Math.sqrt(2.0 / (kernel * out / conv.groups())));
    if (conv.bias() != null) {
      Init.constant(conv.bias(), 0);
    }
  }
}
