package dev.troupe.data.text;

import ai.djl.huggingface.tokenizers.Encoding;
import java.io.IOException;
import java.io.InputStream;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A Hugging Face tokenizer out of its {@code tokenizer.json}, with the rules of OpenCLIP's {@code
 * HFTokenizer}: the caption is cleaned, encoded with special tokens, cut to the context length so
 * that these stay, and padded to it. The tokenizers library of Hugging Face does the work, through
 * DJL; nothing is fetched from the network.
 */
public final class HuggingFaceTokenizer implements Tokenizer {
  static {
    // DJL's library would look for builds for GPUs and count its users.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  private final ai.djl.huggingface.tokenizers.HuggingFaceTokenizer library;
  private final int contextLength;
  private final TextCleaning cleaning;
  private final boolean padLeft;
  private final boolean clips;
  private final int padId;
  private final OptionalInt strippedId;
  private final int clsId;
  private final int bosId;
  private final int eosId;
  private final OptionalInt languageId;
  private final OptionalInt defaultLanguageId;

  /**
   * Loads a tokenizer.
   *
   * @param file {@code tokenizer.json}, beside which {@code tokenizer_config.json} may stand
   * @throws IllegalArgumentException if the file is no tokenizer, or lacks a token that the options
   *     need; the message names both
   */
  public HuggingFaceTokenizer(Path file, int contextLength, HuggingFaceOptions options) {
    this.contextLength = contextLength;
    cleaning = options.cleaning();
    clips = options.clips();
    library = load(file, contextLength, clips);
    Path folder = file.toAbsolutePath().getParent();
    SpecialTokens tokens = new SpecialTokens(folder, this::idOf);
    padLeft = tokens.setting("padding_side").filter("left"::equals).isPresent();
    padId = options.padId() != null ? options.padId() : tokens.id("pad_token");
    strippedId =
        options.stripSepToken() ? OptionalInt.of(tokens.id("sep_token")) : OptionalInt.empty();
    clsId = clips ? tokens.id("cls_token") : 0;
    bosId = clips ? tokens.id("bos_token") : 0;
    eosId = clips ? tokens.id("eos_token") : 0;
    if (options.language() == null) {
      languageId = OptionalInt.empty();
      defaultLanguageId = OptionalInt.empty();
    } else {
      String usual =
          tokens
              .setting("src_lang")
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          file + ": language: the tokenizer has no src_lang to replace"));
      defaultLanguageId = idOf(usual);
      languageId = idOf(options.language());
      if (languageId.isEmpty() || defaultLanguageId.isEmpty()) {
        throw new IllegalArgumentException(
            file + ": language: " + options.language() + " (expected: one like " + usual + ")");
      }
    }
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  @Override
  public int encode(String text, IntBuffer target_L, long sampleSeed) {
    long[] ids = library.encode(cleaning.clean(text), !clips, false).getIds();
    int[] row = new int[contextLength];
    int length;
    if (clips) {
      length = fillClips(ids, row);
    } else {
      length = Math.min(ids.length, contextLength);
      int at = padLeft ? contextLength - length : 0;
      Arrays.fill(row, padId);
      for (int i = 0; i < length; i++) {
        row[at + i] = replaced((int) ids[i]);
      }
      length += at;
    }
    target_L.duplicate().put(row);
    return length;
  }

  /** Start, caption, end, padding, and the class token in the last place. */
  private int fillClips(long[] ids, int[] row) {
    int count = Math.min(ids.length, contextLength - 3);
    Arrays.fill(row, padId);
    row[0] = bosId;
    for (int i = 0; i < count; i++) {
      row[1 + i] = (int) ids[i];
    }
    row[1 + count] = eosId;
    row[contextLength - 1] = clsId;
    return contextLength;
  }

  private int replaced(int id) {
    if (strippedId.isPresent() && id == strippedId.getAsInt()) {
      return 0;
    }
    if (languageId.isPresent() && id == defaultLanguageId.getAsInt()) {
      return languageId.getAsInt();
    }
    return id;
  }

  /** The id of a token that stands in the vocabulary as it is written. */
  private OptionalInt idOf(String token) {
    Encoding encoding = library.encode(token, false, false);
    String[] tokens = encoding.getTokens();
    return tokens.length == 1 && tokens[0].equals(token)
        ? OptionalInt.of((int) encoding.getIds()[0])
        : OptionalInt.empty();
  }

  private static ai.djl.huggingface.tokenizers.HuggingFaceTokenizer load(
      Path file, int contextLength, boolean clips) {
    Map<String, String> options =
        clips
            ? Map.of("padding", "false", "truncation", "false")
            : Map.of(
                "padding",
                "false",
                "truncation",
                "true",
                "maxLength",
                String.valueOf(contextLength),
                "modelMaxLength",
                String.valueOf(contextLength));
    try (InputStream stream = Files.newInputStream(file)) {
      return ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.newInstance(stream, options);
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException(
          file + ": not a Hugging Face tokenizer.json: " + e.getMessage(), e);
    }
  }
}
