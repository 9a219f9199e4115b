package dev.troupe.data.text;

/**
 * What happens to a caption before it is cut into tokens: OpenCLIP's {@code clean}. All modes mend
 * the text as ftfy does and read HTML character references twice.
 */
public enum TextCleaning {
  /** White space collapsed, lower case: OpenCLIP's default for CLIP's tokenizer. */
  LOWER {
    @Override
    public String clean(String text) {
      return UnicodeClasses.toLowerCase(WHITESPACE.clean(text));
    }
  },
  /** White space collapsed: OpenCLIP's default for Hugging Face tokenizers. */
  WHITESPACE {
    @Override
    public String clean(String text) {
      return UnicodeClasses.collapseSpaces(basic(text));
    }
  },
  /** ASCII punctuation removed, lower case, white space collapsed: SigLIP's. */
  CANONICALIZE {
    @Override
    public String clean(String text) {
      String mended = basic(text);
      StringBuilder kept = new StringBuilder(mended.length());
      for (int i = 0; i < mended.length(); i++) {
        char c = mended.charAt(i);
        if (c == '_') {
          kept.append(' ');
        } else if (PUNCTUATION.indexOf(c) < 0) {
          kept.append(c);
        }
      }
      return UnicodeClasses.collapseSpaces(UnicodeClasses.toLowerCase(kept.toString()));
    }
  };

  private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~";

  /** The cleaned text. */
  public abstract String clean(String text);

  /**
   * @param name {@code lower}, {@code whitespace} or {@code canonicalize}
   * @throws IllegalArgumentException for another name
   */
  public static TextCleaning of(String name) {
    for (TextCleaning cleaning : values()) {
      if (cleaning.name().equalsIgnoreCase(name)) {
        return cleaning;
      }
    }
    throw new IllegalArgumentException(
        "clean: " + name + " (expected: lower, whitespace or canonicalize)");
  }

  private static String basic(String text) {
    String mended = TextFixer.fix(text);
    return UnicodeClasses.strip(HtmlEntities.unescape(HtmlEntities.unescape(mended)));
  }
}
