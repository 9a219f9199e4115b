package dev.troupe.data.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HtmlEntitiesTest {
  @ParameterizedTest(name = "{0} reads {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "&amp;|&",
        "&amp|&",
        "&ampx|&x",
        "&notit;|¬it;",
        "&notin;|∉",
        "&nope;|&nope;",
        "&#62;&#x3E&#X3e;|>>>",
        "&#128;|€",
        "&#0;&#xD800;&#1114112;&#99999999999999;|\ufffd\ufffd\ufffd\ufffd",
        "a&#1;&#xFFFE;b|ab",
        "&;&#;&#x;|&;&#;&#x;",
        "&&amp;|&&",
        "&bne;|=\u20e5",
        "&Jscr;|𝒥",
      })
  void shouldReadReferencesAsPythonDoes(String text, String expected) {
    assertThat(HtmlEntities.unescape(text)).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0} reads {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "&amp|&amp",
        "&NTILDE;&nTILDE;|Ñ&nTILDE;",
        "BUNDESSTRA&SZLIG;E|BUNDESSTRASSE",
        "&#x3b;|&#x3b;",
        "&#233;|é",
      })
  void shouldReadOnlyUnambiguousReferencesAsFtfyDoes(String text, String expected) {
    assertThat(HtmlEntities.unescapeStrict(text)).isEqualTo(expected);
  }
}
