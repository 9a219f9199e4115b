package dev.troupe.data.sample;

/**
 * One sample that cannot be used: an image that does not decode, a caption that is missing. It is
 * left out, counted and named in {@code skipped.jsonl}. The message is the reason alone; who
 * catches it knows the sample and the shard.
 */
public class BadSampleException extends Exception {
  private static final long serialVersionUID = 1L;

  public BadSampleException(String reason) {
    super(reason);
  }

  public BadSampleException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
