package dev.troupe.nn.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.troupe.nn.model.ModelConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes weights for others: OpenCLIP's own files, and the folder that its {@code hf-hub:} and
 * {@code local-dir:} model names load.
 */
public final class Export {
  /** The configuration in a Hugging Face folder. */
  public static final String CONFIG_FILE = "open_clip_config.json";

  /** The weights in a Hugging Face folder. */
  public static final String SAFETENSORS_FILE = "open_clip_model.safetensors";

  /** The same weights for readers without safetensors. */
  public static final String TORCH_FILE = "open_clip_pytorch_model.bin";

  /** What Hugging Face's tokenizers are read from; a folder has some of them. */
  private static final List<String> TOKENIZER_FILES =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "spiece.model",
          "sentencepiece.bpe.model",
          "tokenizer.model");

  private static final Map<String, String> PYTORCH = Map.of("format", "pt");
  private static final ObjectMapper JSON = new ObjectMapper();

  private Export() {}

  /**
   * Writes {@code NAME.safetensors}, which OpenCLIP's {@code --pretrained} takes, and {@code
   * NAME.pt} in the form of its training checkpoints, which its evaluation and {@code --resume}
   * without an optimizer take too.
   *
   * @param folder is made if need be
   * @param name the files' name without ending
   * @param state tensors by OpenCLIP's names
   * @param epoch number of epochs that were completed
   * @return the files
   */
  public static List<Written> openClip(
      Path folder, String name, Map<String, Tensor> state, long epoch) {
    makeFolder(folder);
    Map<String, Object> checkpoint = new LinkedHashMap<>();
    checkpoint.put("epoch", epoch);
    checkpoint.put("name", name);
    checkpoint.put("state_dict", state);
    return List.of(
        Safetensors.write(folder.resolve(name + ".safetensors"), state, PYTORCH),
        TorchCheckpoint.write(folder.resolve(name + ".pt"), checkpoint));
  }

  /**
   * Writes a folder that OpenCLIP loads by {@code local-dir:FOLDER}, and by {@code hf-hub:ORG/NAME}
   * once it was uploaded.
   *
   * @param folder is made if need be
   * @param config of the model
   * @param preprocess how its images are prepared
   * @param state tensors by OpenCLIP's names
   * @param tokenizer a folder with the files of the model's Hugging Face tokenizer, or null; a
   *     model with CLIP's own tokenizer needs none
   * @return the files
   */
  public static List<Written> huggingFace(
      Path folder,
      ModelConfig config,
      PreprocessConfig preprocess,
      Map<String, Tensor> state,
      Path tokenizer) {
    makeFolder(folder);
    List<Written> files = new ArrayList<>();
    files.add(Safetensors.write(folder.resolve(SAFETENSORS_FILE), state, PYTORCH));
    files.add(TorchCheckpoint.write(folder.resolve(TORCH_FILE), state));
    files.add(text(folder.resolve("README.md"), readme(config, folder)));
    if (tokenizer != null) {
      copyTokenizer(tokenizer, folder);
    }
    // Last: without it, the folder is not taken for a model.
    files.add(text(folder.resolve(CONFIG_FILE), json(config, preprocess)));
    return files;
  }

  private static String json(ModelConfig config, PreprocessConfig preprocess) {
    ObjectNode root = JSON.createObjectNode();
    root.set("model_cfg", config.json());
    root.set("preprocess_cfg", preprocess.json());
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String readme(ModelConfig config, Path folder) {
    return """
        ---
        tags:
        - clip
        library_name: open_clip
        pipeline_tag: zero-shot-image-classification
        ---
        # %s

        A CLIP model of the configuration %s, trained with Troupe.

        ```python
        import open_clip
        model, preprocess = open_clip.create_model_from_pretrained("local-dir:%s")
        tokenizer = open_clip.get_tokenizer("local-dir:%s")
        ```
        """
        .formatted(folder.getFileName(), config.name(), folder.getFileName(), folder.getFileName());
  }

  private static void copyTokenizer(Path from, Path folder) {
    boolean any = false;
    try {
      for (String name : TOKENIZER_FILES) {
        if (Files.isRegularFile(from.resolve(name))) {
          Files.copy(from.resolve(name), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
          any = true;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("can't copy the tokenizer: " + e.getMessage(), e);
    }
    if (!any) {
      throw new WeightsException(
          from + ": no tokenizer in this folder (expected: tokenizer.json or the like)");
    }
  }

  private static Written text(Path path, String content) {
    try (AtomicFile file = new AtomicFile(path)) {
      file.write(ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8)));
      return file.commit();
    }
  }

  private static void makeFolder(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("can't make " + folder + ": " + e.getMessage(), e);
    }
  }
}
