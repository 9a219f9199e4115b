package dev.troupe.runtime.cli;

import dev.troupe.nn.model.ModelConfigs;
import dev.troupe.nn.model.ModelProfile;
import dev.troupe.nn.torch.Torch;
import dev.troupe.runtime.log.Terminal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code troupe models}. */
@Command(
    name = "models",
    customSynopsis = "./troupe models [WORD …] [--json]",
    description = {
      "Lists the models: towers, image size, parameters (millions), GFLOPs, whether supported.",
      "Files in configs/models/ are listed; a path to another JSON file does for --model too."
    },
    footer = {"%nExamples:", "  ./troupe models", "  ./troupe models siglip b-16", ""})
final class ModelsCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..*",
      paramLabel = "WORD",
      description = "List only models whose names hold all of these.")
  private List<String> words = List.of();

  @Mixin private Figures figures;

  @Override
  public Integer call() {
    List<String> names =
        ModelConfigs.names().stream()
            .filter(name -> words.stream().allMatch(word -> holds(name, word)))
            .toList();
    if (names.isEmpty()) {
      throw new IllegalArgumentException("no model's name holds " + String.join(" ", words));
    }
    Torch.load();
    List<Map<String, Object>> rows = new ArrayList<>();
    for (String name : names) {
      Terminal.error().status("%d of %d: %s".formatted(rows.size() + 1, names.size(), name));
      rows.add(row(ModelProfile.of(ModelConfigs.load(name))));
    }
    Terminal.error().status("");
    figures.print("models", rows);
    return 0;
  }

  private static boolean holds(String name, String word) {
    return name.toLowerCase(Locale.ROOT).contains(word.toLowerCase(Locale.ROOT));
  }

  private Map<String, Object> row(ModelProfile profile) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("name", profile.name());
    row.put("image_tower", profile.family());
    row.put("text_tower", profile.text());
    row.put(
        "image_size",
        profile.imageHeight() == profile.imageWidth()
            ? String.valueOf(profile.imageHeight())
            : profile.imageHeight() + "x" + profile.imageWidth());
    row.put("width", profile.width());
    row.put("embed_dim", profile.embedDim());
    row.put("image_mparams", millions(profile.imageParameters()));
    row.put("text_mparams", millions(profile.textParameters()));
    row.put("mparams", millions(profile.parameters()));
    row.put("gflops", Math.round(profile.gflops() * 100) / 100.0);
    row.put("supported", profile.supported() ? "yes" : "no: " + profile.unsupported());
    return row;
  }

  private static double millions(long parameters) {
    return Math.round(parameters / 1e4) / 1e2;
  }
}
