package dev.troupe.nn.weights;

import java.nio.file.Path;

/**
 * A file that was written.
 *
 * @param path its absolute path
 * @param bytes its length
 * @param crc32c the CRC-32C of its content, eight hexadecimal digits
 */
public record Written(Path path, long bytes, String crc32c) {}
