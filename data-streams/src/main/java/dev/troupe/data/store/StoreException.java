package dev.troupe.data.store;

import java.io.IOException;
import java.time.Duration;

/** An object that could not be read; says whether it is worth another try. */
public class StoreException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What the caller can do about it. */
  public enum Kind {
    /** Busy, stalled or cut: try again later. */
    RETRY,
    /** The object is no longer the one that reading began with: start again. */
    CHANGED,
    /** There is no such object. */
    GONE,
    /** Access is refused, or the request is one that will never succeed. */
    DENIED,
    /** The store was closed under the request. */
    CLOSED
  }

  private final Kind kind;
  private final Duration retryAfter;

  public StoreException(Kind kind, String message, Throwable cause) {
    this(kind, message, null, cause);
  }

  StoreException(Kind kind, String message, Duration retryAfter, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.retryAfter = retryAfter;
  }

  public Kind kind() {
    return kind;
  }

  /** How long the server asks to wait, or null. */
  Duration retryAfter() {
    return retryAfter;
  }

  /** The kind that an HTTP status stands for. */
  static Kind kindOf(int status) {
    if (status == 404 || status == 410) {
      return Kind.GONE;
    }
    if (status == 412 || status == 416) {
      return Kind.CHANGED;
    }
    if (status == 501 || status == 505) {
      return Kind.DENIED;
    }
    if (status == 408 || status == 425 || status == 429 || status >= 500) {
      return Kind.RETRY;
    }
    return Kind.DENIED;
  }
}
