package dev.troupe.nn.model.tower;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Dropout;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.core.Mlp;
import dev.troupe.nn.model.ImageTower;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.model.VisionConfig;
import dev.troupe.nn.model.tower.trunk.GridAttentionPool;
import dev.troupe.nn.model.tower.trunk.GridTrunk;
import dev.troupe.nn.model.tower.trunk.Trunk;
import dev.troupe.nn.model.tower.trunk.TrunkSettings;
import dev.troupe.nn.torch.TensorScope;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * An image tower from timm: trunk and projection, with the state of OpenCLIP's {@code TimmModel}
 * ({@code trunk.*}, {@code head.pool.*}, {@code head.proj.*} or {@code head.mlp.*}).
 *
 * <p>Shapes: B samples, C channels, H×W pixels, D features.
 */
public final class TimmTower extends ImageTower {
  private final Trunk trunk;
  private final GridAttentionPool pool;
  private final Dropout dropout;
  private final Linear linear;
  private final Mlp mlp;

  /**
   * Pooling and projection.
   *
   * @param pool {@code timm_pool}: {@code abs_attn} and {@code rot_attn} follow the trunk, others,
   *     or empty for its own, are the trunk's
   * @param proj {@code timm_proj}: {@code linear}, {@code mlp}, {@code none} for none, or empty for
   *     the trunk's own classifier
   * @param bias {@code timm_proj_bias}: whether its last map has a bias
   * @param drop {@code timm_drop}: the rate of dropout before its last map
   * @param features D
   */
  public record Head(String pool, String proj, boolean bias, double drop, long features) {
    boolean pools() {
      return pool.equals("abs_attn") || pool.equals("rot_attn");
    }

    boolean projects() {
      return proj.equals("linear") || proj.equals("mlp");
    }
  }

  /**
   * Builds the image tower of a configuration whose timm model {@link Trunks} has, without filling
   * it.
   *
   * @throws IllegalArgumentException if there is no such trunk, or it can't be built so
   */
  public static TimmTower of(ModelConfig config) {
    VisionConfig vision = config.vision();
    VisionConfig.Timm timm = vision.timm();
    Head head = new Head(timm.pool(), timm.proj(), timm.projBias(), timm.drop(), config.embedDim());
    return new TimmTower(
        Trunks::create,
        settings(
            timm.name(),
            head,
            vision.imageHeight(),
            vision.imageWidth(),
            timm.dropPath() == null ? 0 : timm.dropPath(),
            vision.patchDropout()),
        head);
  }

  static TrunkSettings settings(
      String name, Head head, long height, long width, double dropPath, double patchDropout) {
    boolean follows = head.pools() || head.projects();
    String pool = head.pools() ? "" : head.pool;
    long classes = head.proj.isEmpty() && !follows ? head.features : 0;
    return new TrunkSettings(name, height, width, pool, classes, follows, dropPath, patchDropout);
  }

  TimmTower(Function<TrunkSettings, Trunk> create, TrunkSettings settings, Head head) {
    this.trunk = child("trunk", create.apply(settings));
    this.pool = head.pools() ? child("head.pool", pool(settings, head)) : null;
    long width = pool == null ? trunk.outputs() : head.features;
    if (!head.projects() && width != head.features) {
      throw new IllegalArgumentException(
          "timm_proj: "
              + head.proj
              + " (expected: linear or mlp, as "
              + settings.name()
              + " gives "
              + width
              + " features and embed_dim is "
              + head.features
              + ")");
    }
    this.dropout = child("head.drop", new Dropout(head.drop));
    this.linear =
        head.proj.equals("linear")
            ? child("head.proj", new Linear(width, head.features, head.bias))
            : null;
    this.mlp =
        head.proj.equals("mlp")
            ? child(
                "head.mlp",
                new Mlp(
                    "fc1",
                    "fc2",
                    width,
                    2 * head.features,
                    head.features,
                    Activation.GELU,
                    head.bias))
            : null;
  }

  private GridAttentionPool pool(TrunkSettings settings, Head head) {
    if (trunk instanceof GridTrunk grid) {
      return new GridAttentionPool(
          head.pool, grid, settings.height(), settings.width(), head.features);
    }
    throw new IllegalArgumentException(
        "timm_pool: "
            + head.pool
            + " (expected for "
            + settings.name()
            + ", whose output is no grid: its own pooling, \"\")");
  }

  @Override
  public long width() {
    return trunk.width();
  }

  @Override
  public Tensor forward(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BD =
          pool == null
              ? trunk.forward(images_BCHW)
              : pool.forward(((GridTrunk) trunk).grid(images_BCHW));
      if (linear != null) {
        x_BD = linear.forward(dropout.forward(x_BD));
      } else if (mlp != null) {
        Tensor hidden = mlp.first().forward(x_BD, Activation.GELU);
        x_BD = mlp.second().forward(dropout.forward(hidden));
      }
      return scope.keep(x_BD);
    }
  }

  @Override
  public List<List<String>> lockGroups() {
    Set<String> names = trunk.parameters().keySet();
    return trunk.groups().stream()
        .filter(
            group -> group.stream().anyMatch(p -> names.stream().anyMatch(n -> n.startsWith(p))))
        .map(group -> group.stream().map(prefix -> "trunk." + prefix).toList())
        .toList();
  }

  /** OpenCLIP locks the trunk and leaves the projection free. */
  @Override
  public String lockedPrefix() {
    return "trunk.";
  }

  /** The trunk, which {@code --lock-image} freezes; the projection stays free. */
  public Trunk trunk() {
    return trunk;
  }
}
