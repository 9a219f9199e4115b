package dev.troupe.runtime.cli;

import dev.troupe.nn.torch.Torch;
import dev.troupe.nn.weights.Interpolation;
import dev.troupe.nn.weights.Written;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code troupe interpolate}. */
@Command(
    name = "interpolate",
    customSynopsis = "./troupe interpolate --from A --to B --alpha X --out FILE",
    description = {
      "Mixes two sets of weights of one model: (1 - alpha) A + alpha B.",
      "Between zero-shot and fine-tuned weights this often beats both (WiSE-FT, Wortsman et al."
          + " 2022)."
    },
    footer = {
      "%nExample:",
      "  ./troupe interpolate --from zero-shot.safetensors --to logs/tuned/checkpoints/step-00001000 \\",
      "      --alpha 0.5 --out mixed.safetensors",
      ""
    })
final class InterpolateCommand implements Callable<Integer> {
  @Option(
      names = "--from",
      required = true,
      paramLabel = "A",
      description = "Weights at alpha 0: a file or a folder.")
  private Path from;

  @Option(names = "--to", required = true, paramLabel = "B", description = "Weights at alpha 1.")
  private Path to;

  @Option(names = "--alpha", required = true, paramLabel = "X", description = "Share of B.")
  private double alpha;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "File to write, NAME.safetensors.")
  private Path out;

  @Mixin private Figures figures;

  @Override
  public Integer call() {
    Torch.load();
    Written written = Interpolation.write(from, to, alpha, out);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("out", written.path().toString());
    row.put("bytes", written.bytes());
    figures.print(row);
    return 0;
  }
}
