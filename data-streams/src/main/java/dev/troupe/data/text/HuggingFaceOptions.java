package dev.troupe.data.text;

/**
 * OpenCLIP's options of Hugging Face tokenizers.
 *
 * @param cleaning what happens to a caption first
 * @param stripSepToken whether separator tokens become 0
 * @param clips whether start, end and class tokens are set by CLIPS' rule instead of the
 *     tokenizer's
 * @param language language of the captions, such as {@code deu_Latn}, for tokenizers that mark it;
 *     null for the tokenizer's default
 * @param padId padding in place of the tokenizer's own; null for that
 */
public record HuggingFaceOptions(
    TextCleaning cleaning, boolean stripSepToken, boolean clips, String language, Integer padId) {

  /** OpenCLIP's defaults. */
  public static HuggingFaceOptions defaults() {
    return new HuggingFaceOptions(TextCleaning.WHITESPACE, false, false, null, null);
  }
}
