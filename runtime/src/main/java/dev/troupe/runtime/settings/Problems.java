package dev.troupe.runtime.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Everything that is wrong with the settings, gathered so that it can be told at once. */
public final class Problems {
  private final List<String> found = new ArrayList<>();
  private final Map<String, RawValue> given;

  Problems(Map<String, RawValue> given) {
    this.given = given;
  }

  /** Whether the user set this setting, in whatever place. */
  public boolean given(String name) {
    return given.containsKey(name);
  }

  /** A setting whose value is not legal, or not together with the others. */
  public void add(String name, String expected) {
    RawValue raw = given.get(name);
    if (raw == null) {
      missing(name, expected);
    } else {
      text("%s: %s (expected: %s)%s".formatted(name, raw.text(), expected, raw.where()));
    }
  }

  /** A setting that is needed but not given. */
  public void missing(String name, String expected) {
    text("%s: not given (expected: %s)".formatted(name, expected));
  }

  void text(String problem) {
    found.add(problem);
  }

  /** The problems found, in the order of finding. */
  public List<String> found() {
    return List.copyOf(found);
  }

  /** Does nothing where there is no problem. */
  void throwIfAny() {
    if (!found.isEmpty()) {
      throw new SettingsException(found);
    }
  }
}
