package dev.troupe.runtime.cli;

import dev.troupe.actors.RunResult;
import dev.troupe.runtime.log.RunFolder;
import dev.troupe.runtime.log.Terminal;
import dev.troupe.runtime.settings.SettingsLoader;
import dev.troupe.runtime.settings.TrainSettings;
import dev.troupe.runtime.train.Training;
import java.nio.file.Path;
import java.time.LocalDateTime;
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
  public Integer call() throws InterruptedException {
    SettingsLoader<TrainSettings> loader = read(config);
    TrainSettings settings = loader.load();
    loader.notes().forEach(this::note);
    if (!settings.trains()) {
      EvalCommand.evaluate(settings.evalSettings(), new Figures());
      return 0;
    }
    refuseUsedFolder(settings);
    RunResult result = Training.run(settings);
    if (!result.reason().isEmpty()) {
      Terminal.error().line((result.exitCode() == 0 ? "" : "error: ") + result.reason());
    }
    return result.exitCode();
  }

  /** Before minutes of loading; processes that may join a run find out later. */
  private static void refuseUsedFolder(TrainSettings settings) {
    boolean fresh = settings.checkpoints().resume().isEmpty();
    boolean alone = settings.cluster().seedNodes().isEmpty();
    RunFolder folder = RunFolder.of(settings, LocalDateTime.now());
    if (fresh && alone && settings.log().writesFiles() && folder.used()) {
      throw folder.usedAlready();
    }
  }
}
