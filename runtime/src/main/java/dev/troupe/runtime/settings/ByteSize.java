package dev.troupe.runtime.settings;

/** A number of bytes, written as {@code 20 GiB}, {@code 500MB} or {@code 1048576}. */
public record ByteSize(long bytes) {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

  @Override
  public String toString() {
    int unit = 0;
    long left = bytes;
    while (left != 0 && left % 1024 == 0 && unit < UNITS.length - 1) {
      left /= 1024;
      unit++;
    }
    return left + " " + UNITS[unit];
  }
}
