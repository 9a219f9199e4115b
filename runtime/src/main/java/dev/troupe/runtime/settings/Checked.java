package dev.troupe.runtime.settings;

/** Settings that hold conditions on each other. */
public interface Checked {
  /** Reports every condition that does not hold. */
  void check(Problems problems);
}
