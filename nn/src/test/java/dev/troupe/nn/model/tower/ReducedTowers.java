package dev.troupe.nn.model.tower;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.nn.model.tower.convnext.ConvNext;
import dev.troupe.nn.model.tower.eva.Eva;
import dev.troupe.nn.model.tower.eva.EvaSpec;
import dev.troupe.nn.model.tower.fastvit.FastVit;
import dev.troupe.nn.model.tower.text.EncoderSpec;
import dev.troupe.nn.model.tower.text.HfTextTower;
import dev.troupe.nn.model.tower.trunk.Trunk;
import dev.troupe.nn.model.tower.trunk.TrunkSettings;
import dev.troupe.nn.model.tower.vit.SigLipTrunk;
import dev.troupe.nn.model.tower.vit.VitSpec;
import dev.troupe.nn.model.tower.vit.VitTrunk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/** The towers of make_goldens.py: every family with a few narrow blocks and 12 features. */
final class ReducedTowers {
  private static final int[] DEPTHS = {1, 1, 2, 1};
  private static final int[] WIDTHS = {8, 16, 24, 32};

  private ReducedTowers() {}

  static final Map<String, Supplier<TimmTower>> IMAGE = new TreeMap<>();

  /** The image towers with dropout of every kind that they know. */
  static final Map<String, Supplier<TimmTower>> DROPPING = new TreeMap<>();

  static final Map<String, Supplier<HfTextTower>> TEXT = new TreeMap<>();

  static {
    image("convnext-linear", "", "linear", s -> new ConvNext(convNext(1e-6), s));
    image("convnext-mlp", "", "mlp", s -> new ConvNext(convNext(1e-6), s));
    image("convnext-xxl", "avg", "", s -> new ConvNext(convNext(1e-5), s));
    ConvNext.Spec wide = new ConvNext.Spec(DEPTHS, new int[] {8, 16, 24, 64}, 1e-6, 7);
    image("convnext-abs", "abs_attn", "", s -> new ConvNext(wide, s));
    image("convnext-rot", "rot_attn", "mlp", s -> new ConvNext(wide, s));
    image("eva01", "token", "", s -> new Eva(eva(EvaSpec.Kind.EVA01, 200 / 48.0, 0), s));
    image("eva02", "token", "", s -> new Eva(eva(EvaSpec.Kind.EVA02, 4 * 2 / 3.0, 16), s));
    image("eva02-post", "token", "", s -> new Eva(eva(EvaSpec.Kind.EVA02_POST, 200 / 48.0, 0), s));
    image("pe-core", "map", "", s -> new Eva(peCore(4, 14, true), s));
    image("pe-core-big", "map", "", s -> new Eva(peCore(200 / 48.0, 32, false), s));
    image("vitamin", "", "linear", s -> new VitTrunk(vit(VitSpec.Stem.MBCONV, true, 8, 16), s));
    image("vitamin-xl", "", "linear", s -> new VitTrunk(vit(VitSpec.Stem.MBCONV, false, 8, 16), s));
    image(
        "vit-conv-stem",
        "token",
        "",
        s -> new VitTrunk(vit(VitSpec.Stem.CONVOLUTIONS, true, 8), s));
    image("vit-clip", "token", "", s -> new VitTrunk(vit(VitSpec.Stem.PATCHES, true), s));
    image("siglip", "map", "none", 32, s -> new SigLipTrunk(sigLip(false), s));
    image("siglip-tanh", "map", "linear", 12, s -> new SigLipTrunk(sigLip(true), s));
    image(
        "fastvit",
        "avg",
        "",
        s -> new FastVit(new FastVit.Spec(new int[] {1, 2, 1, 1}, 8, 3, 2, 1, false), s));
    image(
        "fastvit-5",
        "avg",
        "",
        s -> new FastVit(new FastVit.Spec(new int[] {1, 1, 1, 1, 1}, 4, 2, 0, 2, true), s));
    text("roberta", "mean_pooler", "mlp", 12);
    text("roberta-cls", "cls_pooler", "linear", 12);
    text("xlm-roberta", "cls_last_hidden_state_pooler", "", 32);
    text("mt5", "mean_pooler", "mlp", 12);
    text("nllb", "cls_pooler", "linear", 12);
  }

  /** The side of the images of a tower, pixels. */
  static long imageSize(String name) {
    if (name.startsWith("siglip")) {
      return 72; // not a multiple of the patch, like 384 with patches of 14
    }
    return name.equals("fastvit-5") ? 128 : 64;
  }

  private static void image(
      String name, String pool, String proj, Function<TrunkSettings, Trunk> create) {
    image(name, pool, proj, 12, create);
  }

  private static void image(
      String name, String pool, String proj, long features, Function<TrunkSettings, Trunk> create) {
    IMAGE.put(name, () -> tower(name, pool, proj, features, create, 0, 0, 0));
    double patchDropout = name.matches("(convnext|fastvit).*") ? 0 : 0.5;
    DROPPING.put(name, () -> tower(name, pool, proj, features, create, 0.2, 0.3, patchDropout));
  }

  private static TimmTower tower(
      String name,
      String pool,
      String proj,
      long features,
      Function<TrunkSettings, Trunk> create,
      double drop,
      double dropPath,
      double patchDropout) {
    TimmTower.Head head = new TimmTower.Head(pool, proj, false, drop, features);
    long size = imageSize(name);
    return new TimmTower(
        create, TimmTower.settings(name, head, size, size, dropPath, patchDropout), head);
  }

  private static void text(String name, String pooler, String proj, long features) {
    TEXT.put(name, () -> new HfTextTower(encoder(name), pooler, proj, features));
  }

  /** The encoder that a golden file describes, read from a folder as a user would name it. */
  static EncoderSpec encoder(String golden) {
    try {
      Path folder = Files.createTempDirectory("encoder");
      Path file = folder.resolve("config.json");
      new ObjectMapper().writeValue(file.toFile(), Golden.read(golden).get("config"));
      EncoderSpec spec = EncoderSpec.of(folder.toString());
      Files.delete(file);
      Files.delete(folder);
      return spec;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ConvNext.Spec convNext(double eps) {
    return new ConvNext.Spec(DEPTHS, WIDTHS, eps, 7);
  }

  private static EvaSpec eva(EvaSpec.Kind kind, double mlpRatio, long reference) {
    return new EvaSpec(kind, 16, 48, 2, 2, mlpRatio, reference, true, 2);
  }

  private static EvaSpec peCore(double mlpRatio, long reference, boolean classToken) {
    return new EvaSpec(EvaSpec.Kind.PE_CORE, 16, 48, 2, 2, mlpRatio, reference, classToken, 4);
  }

  private static SigLipTrunk.Spec sigLip(boolean tanh) {
    return new SigLipTrunk.Spec(16, 32, 2, 2, 119, tanh);
  }

  private static VitSpec vit(VitSpec.Stem stem, boolean positions, int... stemWidths) {
    return new VitSpec(stem, stemWidths, 16, 32, 2, 2, positions);
  }
}
