package dev.troupe.nn.model;

import java.util.LinkedHashMap;
import java.util.Map;

/** The names by which people know the kinds of towers. */
final class Families {
  private static final Map<String, String> BY_TIMM_PREFIX = new LinkedHashMap<>();

  static {
    BY_TIMM_PREFIX.put("convnext", "ConvNeXt");
    BY_TIMM_PREFIX.put("eva02", "EVA-02");
    BY_TIMM_PREFIX.put("eva", "EVA");
    BY_TIMM_PREFIX.put("vitamin", "ViTamin");
    BY_TIMM_PREFIX.put("fastvit", "MobileCLIP FastViT");
    BY_TIMM_PREFIX.put("vit_base_mci", "MobileCLIP ViT");
    BY_TIMM_PREFIX.put("vit_pe_core", "PE-Core");
    BY_TIMM_PREFIX.put("swin", "Swin");
    BY_TIMM_PREFIX.put("vit_relpos", "ViT with relative positions");
  }

  private Families() {}

  static String image(ModelConfig config) {
    VisionConfig vision = config.vision();
    if (vision.timm() != null) {
      String name = vision.timm().name();
      if (name.contains("_siglip")) {
        return "SigLIP ViT";
      }
      return BY_TIMM_PREFIX.entrySet().stream()
          .filter(entry -> name.startsWith(entry.getKey()))
          .map(Map.Entry::getValue)
          .findFirst()
          .orElse("timm ViT");
    }
    if (vision.isResNet()) {
      return "ModifiedResNet";
    }
    if (config.isCoCa()) {
      return "CoCa ViT";
    }
    return vision.finalLnAfterPool() && !vision.lnPre() ? "CLIPA ViT" : "ViT";
  }

  static String text(ModelConfig config) {
    TextConfig text = config.text();
    if (text.huggingFace() != null) {
      return text.huggingFace().name();
    }
    return (text.causal() ? "causal, " : "unmasked, ")
        + (text.embedCls() ? "class" : text.poolType());
  }
}
