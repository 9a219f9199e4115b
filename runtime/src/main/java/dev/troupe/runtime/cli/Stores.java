package dev.troupe.runtime.cli;

import dev.troupe.data.store.StoreSpec;
import dev.troupe.runtime.settings.StorageSettings;
import java.nio.file.Path;

/** The stores that the settings describe. */
final class Stores {
  private Stores() {}

  static StoreSpec spec(StorageSettings settings) {
    StoreSpec defaults = StoreSpec.defaults();
    return defaults
        .withCache(
            settings.cacheDir().map(Path::of).orElse(defaults.cacheDir()),
            settings.cacheSize().bytes())
        .withS3(
            settings.s3Endpoint().orElse(null),
            settings.s3Region().orElse(null),
            settings.s3PathStyle(),
            false);
  }
}
