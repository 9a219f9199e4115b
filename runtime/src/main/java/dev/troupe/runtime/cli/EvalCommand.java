package dev.troupe.runtime.cli;

import dev.troupe.data.stream.DataSpec;
import dev.troupe.data.stream.StreamSpec;
import dev.troupe.runtime.eval.Evaluation;
import dev.troupe.runtime.eval.LoadedModel;
import dev.troupe.runtime.eval.ZeroShotEvaluation;
import dev.troupe.runtime.log.Terminal;
import dev.troupe.runtime.settings.DataSettings;
import dev.troupe.runtime.settings.EvalSettings;
import dev.troupe.runtime.settings.EvaluationSettings;
import dev.troupe.runtime.wiring.DataStreams;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code troupe eval}. */
@Command(
    name = "eval",
    customSynopsis =
        "./troupe eval --model M --pretrained F --val-data SHARDS [--FLAG VALUE …] [--json]",
    description = {
      "Evaluates a model: retrieval among image-text pairs, zero-shot classification.",
      "The figures have OpenCLIP's names."
    },
    footer = {
      "%nExamples:",
      "  ./troupe eval --model tiny-rn --pretrained logs/quickstart/checkpoints/step-00000284 \\",
      "      --val-data 'data/emoji/val-{0000..0001}.tar' --device cpu",
      "  ./troupe eval --model ViT-B-32 --pretrained weights.safetensors --val-data pairs.csv --json",
      "  ./troupe eval --model ViT-B-32 --pretrained weights.safetensors --zeroshot-data imagenet/val \\",
      "      --classnames imagenet-classes.txt --templates templates.txt",
      ""
    })
final class EvalCommand extends SettingsCommand<EvalSettings> {
  @Mixin private Figures figures;

  EvalCommand() {
    super(EvalSettings.class);
  }

  @Override
  public Integer call() throws InterruptedException {
    evaluate(read(null).load(), figures);
    return 0;
  }

  /** Evaluates and prints. */
  static void evaluate(EvalSettings settings, Figures figures) throws InterruptedException {
    Terminal terminal = Terminal.error();
    int batch = settings.evaluation().evalBatchSize().orElse(EvalSettings.BATCH);
    DataSettings data = settings.data();
    StreamSpec stream =
        StreamSpec.defaults()
            .withDecoders(Math.max(1, data.workers()))
            .withSkips(
                data.maxSkipRate(),
                skipped -> terminal.line("skipped: " + skipped.sample() + ": " + skipped.reason()));
    terminal.status("loading " + settings.model().model() + " ...");
    Map<String, Object> metrics = new LinkedHashMap<>();
    try (LoadedModel model =
            LoadedModel.open(
                settings.model(), settings.image(), settings.storage(), settings.device());
        DataStreams streams = DataStreams.open(settings.storage(), stream)) {
      if (data.valData().isPresent()) {
        metrics.putAll(
            Evaluation.retrieval(
                model,
                streams,
                DataStreams.spec(data, data.valData().get()),
                batch,
                done -> terminal.status("encoded " + done + " pairs")));
      }
      if (settings.evaluation().zeroshotData().isPresent()) {
        metrics.putAll(zeroShot(settings, model, streams, batch));
      }
    } finally {
      terminal.status("");
    }
    figures.print(metrics);
  }

  private static Map<String, Double> zeroShot(
      EvalSettings settings, LoadedModel model, DataStreams streams, int batch)
      throws InterruptedException {
    EvaluationSettings evaluation = settings.evaluation();
    List<String> classes = Texts.lines("classnames", evaluation.classnames().orElseThrow());
    List<String> templates =
        evaluation.templates().isPresent()
            ? Texts.lines("templates", evaluation.templates().get())
            : List.of("a photo of a {}.");
    return new ZeroShotEvaluation(model, classes, templates, batch)
        .run(
            streams,
            DataSpec.of(evaluation.zeroshotData().orElseThrow()),
            done -> Terminal.error().status("classified " + done + " images"));
  }
}
