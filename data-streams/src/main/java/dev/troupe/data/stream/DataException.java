package dev.troupe.data.stream;

/** Data that cannot be used. The message names the file and key, and says what to do. */
public class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DataException(String message) {
    super(message);
  }

  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
