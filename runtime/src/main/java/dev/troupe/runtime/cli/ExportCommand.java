package dev.troupe.runtime.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.troupe.data.image.Preprocess;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ClipModels;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.torch.Torch;
import dev.troupe.nn.weights.Export;
import dev.troupe.nn.weights.WeightsFile;
import dev.troupe.nn.weights.WeightsFiles;
import dev.troupe.nn.weights.Written;
import dev.troupe.runtime.checkpoint.Checkpoint;
import dev.troupe.runtime.settings.ExportSettings;
import dev.troupe.runtime.weights.ResolvedWeights;
import dev.troupe.runtime.wiring.ChosenModel;
import dev.troupe.runtime.wiring.Preprocessing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code troupe export}. */
@Command(
    name = "export",
    customSynopsis = "./troupe export --checkpoint DIR --format openclip|hf --out DIR …",
    description = {
      "Writes a checkpoint's weights for others, or brings others' weights into another form.",
      "openclip: NAME.safetensors and NAME.pt; hf: the folder that OpenCLIP loads as local-dir: or"
          + " hf-hub:."
    },
    footer = {
      "%nExamples:",
      "  ./troupe export --checkpoint logs/quickstart/checkpoints/step-00000284 --format openclip \\",
      "      --out exported",
      "  ./troupe export --checkpoint epoch_32.pt --model ViT-B-32 --format hf --out my-clip",
      "  ./troupe export --model hf-hub:timm/vit_base_patch32_clip_224.openai --format openclip \\",
      "      --out exported",
      ""
    })
final class ExportCommand extends SettingsCommand<ExportSettings> {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Forms of exported weights. */
  enum Format {
    OPENCLIP,
    HF;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--checkpoint",
      paramLabel = "DIR|FILE|TAG",
      description =
          "A run's checkpoint; or, with --model, what --pretrained takes. [the weights that --model"
              + " brings]")
  private String checkpoint;

  @Option(
      names = "--format",
      required = true,
      paramLabel = "FORMAT",
      description = "openclip or hf.")
  private Format format;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write.")
  private Path out;

  @Option(
      names = "--model",
      paramLabel = "NAME|FILE",
      description =
          "The weights' model, also hf-hub:ORG/NAME or local-dir:DIR. [that of the checkpoint]")
  private String model;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "openclip: the files' name. [the model's]")
  private String name;

  @Option(
      names = "--tokenizer",
      paramLabel = "DIR",
      description = "hf: folder with the files of a Hugging Face tokenizer to include.")
  private Path tokenizer;

  @Mixin private Figures figures;

  ExportCommand() {
    super(ExportSettings.class);
  }

  @Override
  public Integer call() {
    ExportSettings settings = read(null).load();
    Torch.load();
    boolean run =
        checkpoint != null && Files.isRegularFile(Path.of(checkpoint, Checkpoint.MANIFEST));
    List<Written> files =
        run ? ofRun(Checkpoint.open(Path.of(checkpoint)), settings) : ofOthers(settings);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Written written : files) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("file", written.path().toString());
      row.put("bytes", written.bytes());
      rows.add(row);
    }
    figures.print("files", rows);
    return 0;
  }

  /** A run's own checkpoint holds OpenCLIP's names: its tensors go over as they are mapped. */
  private List<Written> ofRun(Checkpoint whole, ExportSettings settings) {
    Optional<ChosenModel> given = Optional.ofNullable(model).map(name -> chosen(name, settings));
    ModelConfig config = given.map(ChosenModel::config).orElseGet(() -> trained(whole));
    Optional<ResolvedWeights> weights =
        given
            .flatMap(ChosenModel::weights)
            .or(() -> Optional.of(ResolvedWeights.local(whole.folder())));
    Preprocess images = Preprocessing.of(config, settings.image(), weights);
    try (TensorScope scope = new TensorScope();
        WeightsFile file = WeightsFiles.open(whole.model())) {
      Map<String, Tensor> state = new LinkedHashMap<>();
      file.names().forEach(tensor -> state.put(tensor, file.tensor(tensor)));
      return write(config, state, whole.state().epoch(), images);
    }
  }

  /** What others wrote goes through the model, which brings every layout to OpenCLIP's names. */
  private List<Written> ofOthers(ExportSettings settings) {
    if (model == null) {
      throw new IllegalArgumentException(
          "checkpoint: %s is none of a run (expected: a checkpoint's folder, or --model too)"
              .formatted(checkpoint));
    }
    ChosenModel chosen = chosen(model, settings);
    if (chosen.weights().isEmpty()) {
      throw new IllegalArgumentException(
          "checkpoint: none (expected: a checkpoint's folder, or weights of " + model + ")");
    }
    try (ClipModel clip = ClipModels.create(chosen.config())) {
      chosen.load(clip);
      return write(
          clip.config(),
          clip.state(),
          0,
          Preprocessing.of(clip.config(), settings.image(), chosen.weights()));
    }
  }

  private ChosenModel chosen(String name, ExportSettings settings) {
    return ChosenModel.of(name, Optional.ofNullable(checkpoint), settings.storage());
  }

  private List<Written> write(
      ModelConfig config, Map<String, Tensor> state, int epoch, Preprocess images) {
    return format == Format.OPENCLIP
        ? Export.openClip(out, name == null ? config.name() : name, state, epoch)
        : Export.huggingFace(out, config, Preprocessing.config(images), state, tokenizer);
  }

  /** The configuration that a run was trained with, flags such as --force-image-size included. */
  private static ModelConfig trained(Checkpoint checkpoint) {
    Map<String, String> run = checkpoint.state().settings();
    try {
      return ModelConfig.of(
          run.get("model"), (ObjectNode) JSON.readTree(run.get("model configuration")));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          checkpoint.folder() + ": its state.json holds no model configuration; give --model", e);
    }
  }
}
