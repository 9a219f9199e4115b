package dev.troupe.runtime.settings;

import java.util.List;

/** Settings that cannot be used: a problem a line. */
public class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  public SettingsException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** One line each: name, value, expectation and source. */
  public List<String> problems() {
    return problems;
  }
}
