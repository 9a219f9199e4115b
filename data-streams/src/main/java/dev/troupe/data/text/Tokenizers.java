package dev.troupe.data.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Chooses a model's tokenizer, as OpenCLIP's {@code get_tokenizer}. */
public final class Tokenizers {
  private static final String FILE = "tokenizer.json";

  private Tokenizers() {}

  /**
   * The tokenizer of a model: Hugging Face's where the configuration names one or a location is
   * given, else CLIP's.
   *
   * @throws IllegalArgumentException if files are missing or an option is unknown; the message says
   *     which, and where files belong
   */
  public static Tokenizer forModel(TokenizerSpec spec) {
    boolean unnamedSiglip =
        spec.hfTokenizerName().isEmpty()
            && spec.modelName().toLowerCase(Locale.ROOT).contains("siglip");
    if (spec.hfTokenizerName().isEmpty() && spec.location() == null && !unnamedSiglip) {
      return clip(spec);
    }
    HuggingFaceOptions options = unnamedSiglip ? siglip(spec) : huggingFace(spec);
    return new HuggingFaceTokenizer(find(spec), spec.contextLength(), options);
  }

  private static Tokenizer clip(TokenizerSpec spec) {
    checkKeys(spec.tokenizerKwargs().keySet(), Set.of("clean", "reduction_mask"));
    return new ClipTokenizer(
        spec.contextLength(),
        TextCleaning.of(string(spec, "clean").orElse("lower")),
        ReductionMask.of(string(spec, "reduction_mask").orElse("")));
  }

  private static HuggingFaceOptions huggingFace(TokenizerSpec spec) {
    checkKeys(spec.tokenizerKwargs().keySet(), Set.of("clean", "strip_sep_token", "language"));
    String mode = spec.tokenizerMode();
    if (!mode.isEmpty() && !mode.equals("clips")) {
      throw new IllegalArgumentException("tokenizer_mode: " + mode + " (expected: clips)");
    }
    return new HuggingFaceOptions(
        TextCleaning.of(string(spec, "clean").orElse("whitespace")),
        Boolean.TRUE.equals(spec.tokenizerKwargs().get("strip_sep_token")),
        mode.equals("clips"),
        string(spec, "language").orElse(null),
        null);
  }

  /** OpenCLIP's {@code SigLipTokenizer}: canonical text; Gemma pads with 0, T5 with 1. */
  private static HuggingFaceOptions siglip(TokenizerSpec spec) {
    boolean gemma = spec.modelName().toLowerCase(Locale.ROOT).contains("siglip2");
    return new HuggingFaceOptions(TextCleaning.CANONICALIZE, false, false, null, gemma ? 0 : 1);
  }

  private static Optional<String> string(TokenizerSpec spec, String key) {
    return Optional.ofNullable(spec.tokenizerKwargs().get(key)).map(Object::toString);
  }

  private static void checkKeys(Collection<String> given, Set<String> known) {
    for (String key : given) {
      if (!known.contains(key)) {
        throw new IllegalArgumentException(
            "tokenizer_kwargs: " + key + " (expected: " + String.join(", ", known) + ")");
      }
    }
  }

  private static Path find(TokenizerSpec spec) {
    List<Path> places = places(spec);
    for (Path place : places) {
      if (Files.isRegularFile(place)) {
        return place;
      }
    }
    String name = spec.hfTokenizerName().isEmpty() ? spec.modelName() : spec.hfTokenizerName();
    throw new IllegalArgumentException(
        "tokenizer "
            + name
            + ": "
            + FILE
            + " not found (looked for "
            + String.join(", ", places.stream().map(Path::toString).toList())
            + "). Put tokenizer.json and tokenizer_config.json of "
            + name
            + " into a folder and name it by --tokenizer. If there is only a sentencepiece model,"
            + " transformers' AutoTokenizer.from_pretrained(…).save_pretrained(FOLDER) writes"
            + " both.");
  }

  private static List<Path> places(TokenizerSpec spec) {
    List<Path> places = new ArrayList<>();
    if (spec.location() != null) {
      boolean folder = Files.isDirectory(spec.location());
      places.add(folder ? spec.location().resolve(FILE) : spec.location());
      return places;
    }
    String name = spec.hfTokenizerName();
    if (name.isEmpty()) {
      return places;
    }
    places.add(Path.of(name).resolve(FILE));
    for (Path cache : spec.caches()) {
      places.add(cache.resolve(name).resolve(FILE));
      Path snapshots = cache.resolve("models--" + name.replace("/", "--")).resolve("snapshots");
      places.addAll(newestFirst(snapshots));
    }
    return places;
  }

  private static List<Path> newestFirst(Path snapshots) {
    if (!Files.isDirectory(snapshots)) {
      return List.of(snapshots.resolve("*").resolve(FILE));
    }
    try (Stream<Path> folders = Files.list(snapshots)) {
      return folders
          .sorted(Comparator.comparing(Tokenizers::modified).reversed())
          .map(folder -> folder.resolve(FILE))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static FileTime modified(Path path) {
    try {
      return Files.getLastModifiedTime(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
