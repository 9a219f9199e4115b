package dev.troupe.runtime.cli;

import dev.troupe.runtime.settings.SettingsLoader;
import dev.troupe.runtime.settings.TrainSettings;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code troupe train}. */
@Command(
    name = "train",
    customSynopsis = "./troupe train [CONFIG] [--FLAG VALUE …]",
    description = {
      "Trains a CLIP model, alone or in a cluster of any number of processes.",
      "An OpenCLIP command line works as it is; without training data the model is only evaluated."
    },
    footer = {
      "%nExamples:",
      "  Train the small model of the embedded data set:",
      "    ./troupe train configs/quickstart.conf",
      "  The same with another batch size and seed:",
      "    ./troupe train configs/quickstart.conf --global-batch-size 512 --seed 1 --name big-batch",
      "  OpenCLIP's flags:",
      "    ./troupe train --train-data 'shards/{0000..0099}.tar' --model ViT-B-32 \\",
      "        --batch-size 256 --precision amp_bf16 --epochs 10 --warmup 2000",
      "  Go on with a run that was stopped:",
      "    ./troupe train configs/quickstart.conf --name my-run --resume latest",
      "  Two nodes (the same on both; each with its own --host):",
      "    ./troupe train run.conf --name my-run --seed-nodes a:7355,b:7355 --host a --port 7355",
      ""
    })
final class TrainCommand extends SettingsCommand<TrainSettings> {
  @Parameters(
      arity = "0..1",
      paramLabel = "CONFIG",
      description = "HOCON file whose keys are the flags' names; flags override it.")
  private Path config;

  TrainCommand() {
    super(TrainSettings.class);
  }

  @Override
  public Integer call() {
    SettingsLoader<TrainSettings> loader = read(config);
    TrainSettings settings = loader.load();
    loader.notes().forEach(this::note);
    throw new UnsupportedOperationException(settings.toString());
  }
}
