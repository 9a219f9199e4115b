package dev.troupe.runtime.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;

/**
 * Keeps standard output for what commands print. Native libraries write to file descriptor 1 as
 * they please (Gloo tells of every connection), so the launcher leads that one to nowhere and hands
 * the real standard output over as another descriptor, {@code troupe.out}.
 */
final class StandardOutput {
  private StandardOutput() {}

  static void claim() {
    Integer number = Integer.getInteger("troupe.out");
    if (number == null) {
      return;
    }
    try {
      Constructor<FileDescriptor> byNumber = FileDescriptor.class.getDeclaredConstructor(int.class);
      byNumber.setAccessible(true);
      FileOutputStream stream = new FileOutputStream(byNumber.newInstance(number));
      System.setOut(new PrintStream(stream, true, StandardCharsets.UTF_8));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "troupe.out: %d (expected: a descriptor; needs --add-opens java.base/java.io)"
              .formatted(number),
          e);
    }
  }
}
