package dev.troupe.runtime.log;

import java.io.PrintStream;

/**
 * The user's terminal: lines that stay, and below them one status line that is drawn anew in place.
 * Where standard error is no terminal there is no status line.
 */
public final class Terminal {
  private static final Terminal ERROR =
      new Terminal(
          System.err, Boolean.getBoolean("troupe.tty"), Integer.getInteger("troupe.columns", 120));

  private final PrintStream out;
  private final boolean interactive;
  private final int columns;
  private String status = "";

  Terminal(PrintStream out, boolean interactive, int columns) {
    this.out = out;
    this.interactive = interactive;
    this.columns = columns > 1 ? columns : 120; // a terminal that does not know its width says 0
  }

  /** The terminal behind standard error; the launcher tells whether it is one. */
  public static Terminal error() {
    return ERROR;
  }

  /** Whether there is a status line. */
  public boolean interactive() {
    return interactive;
  }

  /** Prints a line above the status line. */
  public synchronized void line(String text) {
    String shown = status;
    clear();
    out.println(text);
    status(shown);
  }

  /** Replaces the status line; an empty text removes it. */
  public synchronized void status(String text) {
    if (!interactive) {
      return;
    }
    String cut = text.length() < columns ? text : text.substring(0, columns - 1);
    if (!cut.equals(status)) {
      clear();
      out.print(cut);
      out.flush();
      status = cut;
    }
  }

  private void clear() {
    if (!status.isEmpty()) {
      out.print("\r\033[K");
      status = "";
    }
  }
}
