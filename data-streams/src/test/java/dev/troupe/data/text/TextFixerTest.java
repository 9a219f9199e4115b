package dev.troupe.data.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Examples of ftfy's documentation, and the corners of each rule. */
class TextFixerTest {
  @Test
  void shouldUndoMojibake() {
    assertThat(TextFixer.fix("âœ” No problems")).isEqualTo("✔ No problems");
    assertThat(TextFixer.fix("sÃ³")).isEqualTo("só");
    assertThat(TextFixer.fix("voilÃ le travail")).isEqualTo("voilà le travail");
    assertThat(TextFixer.fix("â€œlike thisâ€�")).isEqualTo("\"like this�");
    assertThat(TextFixer.fix("I’m not such a fan of Charlotte Brontâ€¦ CafÃ©"))
        .isEqualTo("I'm not such a fan of Charlotte Bront… Café");
  }

  @Test
  void shouldLeaveTextThatIsMeantSo() {
    for (String text : new String[] {"Ã la carte", "ÅSTRÖM", "¯\\_(ツ)_/¯", "Привет", "日本語", "🙂"}) {
      String expected = text.equals("Ã la carte") ? "à la carte" : text;
      assertThat(TextFixer.fix(text)).isEqualTo(expected);
    }
  }

  @Test
  void shouldReadEntitiesUnlessTheTextIsHtml() {
    assertThat(TextFixer.fix("P&EACUTE;REZ &amp; co")).isEqualTo("PÉREZ & co");
    assertThat(TextFixer.fix("&lt;tag&gt;")).isEqualTo("<tag>");
    assertThat(TextFixer.fix("<b>&amp;</b>\n&amp;")).isEqualTo("<b>&amp;</b>\n&amp;");
    assertThat(TextFixer.fix("&amp\n&amp;")).isEqualTo("&amp\n&");
  }

  @Test
  void shouldStraightenTypography() {
    assertThat(TextFixer.fix("ﬂubberiﬁc it’s “so”")).isEqualTo("flubberific it's \"so\"");
    assertThat(TextFixer.fix("ＬＯＵＤ　ＮＯＩＳＥＳ")).isEqualTo("LOUD NOISES");
    assertThat(TextFixer.fix("Ｕﾀｰﾝ")).isEqualTo("Uターン");
    assertThat(TextFixer.fix("e\u0301")).isEqualTo("é");
  }

  @Test
  void shouldRemoveWhatIsNotText() {
    assertThat(TextFixer.fix("\u001b[36;44mblue\u001b[0m")).isEqualTo("blue");
    assertThat(TextFixer.fix("a\u0000b\u0007c\ufeffd\u206ae")).isEqualTo("abcde");
    assertThat(TextFixer.fix("one\r\ntwo\rthree\u2028four")).isEqualTo("one\ntwo\nthree\nfour");
    assertThat(TextFixer.fix("x\ud83dy")).isEqualTo("x\ufffdy");
  }
}
