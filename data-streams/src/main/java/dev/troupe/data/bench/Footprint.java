package dev.troupe.data.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.Pointer;

/**
 * The memory of this process at one moment.
 *
 * @param seconds since the stream was opened
 * @param batches taken so far
 * @param heap_mib what lives on the heap: used after a collection
 * @param native_mib allocated through JavaCPP: pixels and tokens of slices
 * @param resident_mib of the process as a whole, as Linux counts it (VmRSS)
 */
public record Footprint(
    double seconds, long batches, double heap_mib, double native_mib, double resident_mib) {
  private static final double MIB = 1 << 20;

  static Footprint now(double seconds, long batches) {
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    return new Footprint(
        seconds, batches, heap / MIB, Pointer.totalBytes() / MIB, resident() / MIB);
  }

  private static long resident() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
