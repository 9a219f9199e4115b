package dev.troupe.runtime.cli;

import dev.troupe.data.bench.SceneShards;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code troupe bench scenes}. */
@Command(
    name = "scenes",
    description = "Writes shards of generated scenes, the size of photographs, for bench data.",
    footer = {
      "%nExample:",
      "  ./troupe bench scenes /tmp/scenes && ./troupe bench data '/tmp/scenes/*.tar'",
      ""
    })
final class BenchScenesCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FOLDER", description = "Where to write.")
  private Path folder;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "512",
      description = "Images; about 64 KB each. [${DEFAULT-VALUE}]")
  private int samples;

  @Override
  public Integer call() throws IOException {
    SceneShards.write(folder, samples).forEach(System.out::println);
    return 0;
  }
}
