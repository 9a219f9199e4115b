package dev.troupe.data.sample;

import java.io.IOException;
import java.io.UncheckedIOException;

/** A shard that cannot be read: its samples are left out and named. */
public final class LostShardException extends UncheckedIOException {
  private static final long serialVersionUID = 1L;

  LostShardException(String message, Exception cause) {
    super(message, cause instanceof IOException io ? io : new IOException(cause));
  }
}
