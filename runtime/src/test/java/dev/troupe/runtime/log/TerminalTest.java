package dev.troupe.runtime.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TerminalTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @ParameterizedTest
  @CsvSource({"0, 119", "1, 119", "2, 1", "80, 79"})
  void shouldCutTheStatusLineToTheWidthThatTheTerminalTells(int columns, int shown) {
    new Terminal(out, true, columns).status("x".repeat(300));
    assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("x".repeat(shown));
  }

  @Test
  void shouldDrawTheStatusLineAnewBelowALineThatStays() {
    Terminal terminal = new Terminal(out, true, 80);
    terminal.status("step 1");
    terminal.line("saved");
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualTo("step 1\r\033[Ksaved" + System.lineSeparator() + "step 1");
  }

  @Test
  void shouldPrintNoStatusLineWhereThereIsNoTerminal() {
    Terminal terminal = new Terminal(out, false, 80);
    terminal.status("step 1");
    terminal.line("saved");
    assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("saved" + System.lineSeparator());
  }
}
