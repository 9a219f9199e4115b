package dev.troupe.data.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** Remote objects by address. One try a call, no retries: those are the {@link Fetcher}'s. */
interface Store extends AutoCloseable {
  /** Size and version of an object, without its content. */
  Stat stat(String url) throws IOException;

  /**
   * Opens an object's bytes.
   *
   * @param from first wanted byte
   * @param to end of the wanted bytes, or -1 for the object's
   * @param version the version that must be met, or null for any
   */
  Body open(String url, long from, long to, String version) throws IOException;

  /** Addresses that match a pattern with {@code *}, {@code ?} and {@code [...]}, sorted. */
  List<String> glob(String pattern) throws IOException;

  @Override
  void close();

  /**
   * @param size in bytes, or -1 if the store does not tell
   * @param version ETag or date of the last change; null if the store gives neither
   */
  record Stat(long size, String version) {}

  /**
   * An open response.
   *
   * @param stream the bytes
   * @param start position of the stream's first byte: less than what was asked for if the server
   *     knows no ranges
   * @param size of the whole object, or -1
   * @param version of the object, or null
   * @param digests checksums of the whole object that the store gives: algorithm (of {@link
   *     java.security.MessageDigest}, or CRC32, CRC32C) to value
   * @param abort drops the connection unless the stream was read to its end and closed; any thread
   */
  record Body(
      InputStream stream,
      long start,
      long size,
      String version,
      Map<String, byte[]> digests,
      Runnable abort)
      implements AutoCloseable {
    @Override
    public void close() {
      abort.run();
    }
  }
}
