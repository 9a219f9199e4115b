package dev.troupe.runtime.cli;

import dev.troupe.data.sample.Captions;
import dev.troupe.data.stream.DataSpec;
import dev.troupe.data.stream.StreamSpec;
import dev.troupe.runtime.eval.Embedding;
import dev.troupe.runtime.eval.LoadedModel;
import dev.troupe.runtime.log.Terminal;
import dev.troupe.runtime.settings.EmbedSettings;
import dev.troupe.runtime.wiring.DataStreams;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code troupe embed}. */
@Command(
    name = "embed",
    customSynopsis =
        "./troupe embed --model M --pretrained F [--images SHARDS|DIR] [--texts FILE] --out FILE …",
    description = "Encodes images and texts into a safetensors file.",
    footer = {
      "%nExamples:",
      "  ./troupe embed --model ViT-B-32 --pretrained weights.safetensors --images photos/ \\",
      "      --texts captions.txt --normalize --out features.safetensors",
      ""
    })
final class EmbedCommand extends SettingsCommand<EmbedSettings> {
  @Mixin private Figures figures;

  EmbedCommand() {
    super(EmbedSettings.class);
  }

  @Override
  public Integer call() throws InterruptedException {
    EmbedSettings settings = read(null).load();
    EmbedSettings.Inputs inputs = settings.inputs();
    Terminal terminal = Terminal.error();
    Path out = Path.of(inputs.out().orElseThrow());
    List<String> lines =
        inputs.texts().isPresent() ? Texts.lines("texts", inputs.texts().get()) : List.of();
    StreamSpec stream =
        StreamSpec.defaults()
            .withDecoders(Math.max(1, inputs.workers()))
            .withSkips(
                inputs.maxSkipRate(),
                skipped -> terminal.line("skipped: " + skipped.sample() + ": " + skipped.reason()));
    terminal.status("loading " + settings.model().model() + " ...");
    long[] images = {0};
    long start;
    try (LoadedModel model =
            LoadedModel.open(
                settings.model(), settings.image(), settings.storage(), settings.device());
        DataStreams streams = DataStreams.open(settings.storage(), stream);
        Embedding embedding = new Embedding(model, inputs.normalize(), inputs.batchSize())) {
      start = System.nanoTime();
      if (inputs.images().isPresent()) {
        embedding.images(
            streams,
            DataSpec.of(inputs.images().get()).withCaptions(new Captions.None()),
            done -> {
              images[0] = done;
              terminal.status("embedded " + done + " images");
            });
      }
      embedding.texts(lines, done -> terminal.status("embedded " + done + " texts"));
      embedding.write(out);
    } finally {
      terminal.status("");
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("images", images[0]);
    row.put("texts", lines.size());
    row.put("seconds", seconds);
    row.put("per_second", (images[0] + lines.size()) / seconds);
    row.put("out", out.toString());
    figures.print(row);
    return 0;
  }
}
