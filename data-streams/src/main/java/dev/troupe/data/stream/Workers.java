package dev.troupe.data.stream;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads for blocking work: reading waits for disks, decoding fills cores. */
final class Workers implements AutoCloseable {
  private final int decoders;
  private final int readers;
  private final ExecutorService reading;
  private final ExecutorService decoding;

  Workers(int decoders) {
    this.decoders = decoders;
    this.readers = Math.max(4, Math.min(16, decoders));
    this.reading = threads("troupe-read-", readers);
    this.decoding = threads("troupe-decode-", decoders);
  }

  private static ExecutorService threads(String name, int n) {
    AtomicInteger number = new AtomicInteger();
    return Executors.newFixedThreadPool(
        n,
        task -> {
          Thread thread = new Thread(task, name + number.getAndIncrement());
          thread.setDaemon(true);
          return thread;
        });
  }

  int decoders() {
    return decoders;
  }

  int readers() {
    return readers;
  }

  ExecutorService reading() {
    return reading;
  }

  ExecutorService decoding() {
    return decoding;
  }

  @Override
  public void close() {
    // Not interrupted: an interrupt closes the file that a thread reads, for all others too.
    reading.shutdown();
    decoding.shutdown();
  }
}
