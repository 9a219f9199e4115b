package dev.troupe.runtime.checkpoint;

import java.util.SortedMap;

/**
 * What a whole checkpoint consists of ({@code manifest.json}, written last).
 *
 * @param step committed steps
 * @param generation the generation that took the checkpoint
 * @param files size and checksum by file name
 */
public record Manifest(long step, long generation, SortedMap<String, Entry> files) {
  /** A file's length and its SHA-256 in hexadecimal. */
  public record Entry(long bytes, String sha256) {}
}
