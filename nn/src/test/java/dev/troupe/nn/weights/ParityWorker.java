package dev.troupe.nn.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ClipModels;
import dev.troupe.nn.model.CoCaModel;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.model.ModelConfigs;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.torch.Torch;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * This project's side of the programs in {@code parity/}: takes jobs as JSON lines on the standard
 * input and answers each with one line, with {@code error} if something failed.
 *
 * <p>A job of {@code parity.py} names a configuration ({@code config}), a safetensors file with its
 * weights ({@code weights}), one with {@code images} and {@code tokens} ({@code inputs}), and where
 * to write the features ({@code output}). The answer has the number of parameters and the names
 * that differ.
 *
 * <p>A job of {@code initialisation.py} names a configuration, a {@code seed}, and where to write
 * the first weights that are drawn from it ({@code output}).
 */
public final class ParityWorker {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ParityWorker() {}

  /** Works until the input ends. */
  public static void main(String[] arguments) throws IOException {
    Torch.load();
    BufferedReader jobs =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = jobs.readLine(); line != null; line = jobs.readLine()) {
      ObjectNode answer = JSON.createObjectNode();
      try {
        JsonNode job = JSON.readTree(line);
        if (job.has("seed")) {
          draw(job);
        } else {
          compute(job, answer);
        }
      } catch (RuntimeException | LinkageError e) {
        answer.put("error", e.toString());
        e.printStackTrace();
      }
      System.out.println(JSON.writeValueAsString(answer));
    }
  }

  /** Writes the first weights of a seed. */
  private static void draw(JsonNode job) {
    torch.manual_seed(job.get("seed").asLong());
    try (TensorScope scope = new TensorScope();
        ClipModel model = ClipModels.create(ModelConfigs.load(job.get("config").asText()))) {
      model.initialize();
      Safetensors.write(Path.of(job.get("output").asText()), model.state(), Map.of());
    }
  }

  /** Writes the features of given weights and inputs. */
  private static void compute(JsonNode job, ObjectNode answer) {
    ModelConfig config = ModelConfigs.load(job.get("config").asText());
    try (TensorScope scope = new TensorScope();
        NoGradGuard guard = new NoGradGuard();
        ClipModel model = ClipModels.create(config);
        WeightsFile weights = WeightsFiles.open(Path.of(job.get("weights").asText()));
        WeightsFile inputs = WeightsFiles.open(Path.of(job.get("inputs").asText()))) {
      model.train(false);
      answer.put("parameters", model.parameters().values().stream().mapToLong(Tensor::numel).sum());
      Map<String, Tensor> state = model.state();
      differences(answer, "missing", state.keySet(), weights.names());
      differences(answer, "unexpected", weights.names(), state.keySet());
      Weights.load(weights, model, LoadOptions.RESUME);
      Map<String, Tensor> outputs = new LinkedHashMap<>();
      Tensor images = inputs.tensor("images");
      Tensor tokens = inputs.tensor("tokens");
      outputs.put("image_features", model.encodeImage(images));
      outputs.put("text_features", model.encodeText(tokens));
      if (model instanceof CoCaModel coca) {
        Tensor some = tokens.narrow(0, 0, images.size(0));
        outputs.put("caption_logits", coca.forward(images, some).captionLogits());
      }
      Safetensors.write(Path.of(job.get("output").asText()), outputs, Map.of());
    }
  }

  private static void differences(
      ObjectNode answer, String key, Set<String> names, Set<String> others) {
    Set<String> rest = new TreeSet<>(names);
    rest.removeAll(others);
    rest.forEach(answer.withArray(key)::add);
  }
}
