package dev.troupe.data.text;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Which tokenizer a model wants, from its configuration's {@code text_cfg}.
 *
 * @param modelName the model's name; SigLIP's without {@code hf_tokenizer_name} are told by it
 * @param contextLength {@code context_length}
 * @param hfTokenizerName {@code hf_tokenizer_name}, such as {@code timm/ViT-B-16-SigLIP}; empty or
 *     null for CLIP's own tokenizer
 * @param tokenizerMode {@code tokenizer_mode}: {@code clips}, empty or null
 * @param tokenizerKwargs {@code tokenizer_kwargs}
 * @param location {@code --tokenizer}: a {@code tokenizer.json} or its folder; null to look in the
 *     caches
 * @param caches folders of tokenizers; each may hold {@code ORG/NAME} or Hugging Face's own layout
 *     {@code models--ORG--NAME/snapshots/…}
 */
public record TokenizerSpec(
    String modelName,
    int contextLength,
    String hfTokenizerName,
    String tokenizerMode,
    Map<String, ?> tokenizerKwargs,
    Path location,
    List<Path> caches) {

  public TokenizerSpec {
    modelName = modelName == null ? "" : modelName;
    hfTokenizerName = hfTokenizerName == null ? "" : hfTokenizerName;
    tokenizerMode = tokenizerMode == null ? "" : tokenizerMode;
    tokenizerKwargs = tokenizerKwargs == null ? Map.of() : tokenizerKwargs;
    caches = List.copyOf(caches);
    if (contextLength < 1) {
      throw new IllegalArgumentException("context_length: " + contextLength + " (expected: >= 1)");
    }
  }

  /** CLIP's own tokenizer. */
  public static TokenizerSpec clip(int contextLength) {
    return new TokenizerSpec("", contextLength, "", "", Map.of(), null, defaultCaches());
  }

  public TokenizerSpec withLocation(Path value) {
    return new TokenizerSpec(
        modelName, contextLength, hfTokenizerName, tokenizerMode, tokenizerKwargs, value, caches);
  }

  /** Where Hugging Face's own programs keep what they fetched. */
  public static List<Path> defaultCaches() {
    String hub = System.getenv("HF_HUB_CACHE");
    if (hub != null) {
      return List.of(Path.of(hub));
    }
    String home = System.getenv("HF_HOME");
    return List.of(
        home != null
            ? Path.of(home, "hub")
            : Path.of(System.getProperty("user.home"), ".cache", "huggingface", "hub"));
  }
}
