package dev.troupe.runtime.weights;

import dev.troupe.data.store.StoreSpec;
import dev.troupe.runtime.bench.JvmProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Fetches one address into a cache, in a process of its own. */
final class FetchProcess {
  private FetchProcess() {}

  static Process start(Path cache, String address) throws IOException {
    return JvmProcess.of(FetchProcess.class, Map.of(), List.of(cache.toString(), address))
        .redirectErrorStream(true)
        .start();
  }

  /** Says "started", then where the file is. */
  public static void main(String[] arguments) {
    System.out.println("started");
    try (WeightsCache cache = new WeightsCache(Path.of(arguments[0]), StoreSpec.defaults())) {
      System.out.println(cache.fetch(arguments[1]));
    }
  }
}
