package dev.troupe.runtime.eval;

import dev.troupe.data.image.ImageTransforms;
import dev.troupe.data.sample.Captions;
import dev.troupe.data.stream.DataException;
import dev.troupe.data.stream.DataSpec;
import dev.troupe.data.stream.Slice;
import dev.troupe.data.stream.SliceStream;
import dev.troupe.data.stream.ValidationData;
import dev.troupe.data.text.Tokenizer;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.runtime.wiring.DataStreams;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Zero-shot classification (Radford et al. 2021, section 3.1): an image belongs to the class whose
 * prompts, averaged after normalising, lie nearest to it.
 *
 * <p>Images stand in a folder for each class, whose names in sorted order are the lines of the
 * class names, or in WebDataset tars with the class number as {@code cls}.
 */
public final class ZeroShotEvaluation {
  private final LoadedModel model;
  private final List<String> classNames;
  private final List<String> templates;
  private final int batchSize;

  /**
   * @param templates prompts with {@code {}} in the place of the class
   * @param batchSize texts or images encoded at a time
   */
  public ZeroShotEvaluation(
      LoadedModel model, List<String> classNames, List<String> templates, int batchSize) {
    this.model = model;
    this.classNames = classNames;
    this.templates = templates;
    this.batchSize = batchSize;
  }

  /**
   * Classifies all images of a data set.
   *
   * @param progress told how many images are done
   * @return {@code zeroshot-val-top1} and {@code zeroshot-val-top5}
   * @throws DataException if an image's class is none of the class names'
   */
  public Map<String, Double> run(DataStreams streams, DataSpec data, IntConsumer progress)
      throws InterruptedException {
    List<String> folders = classFolders(Path.of(data.location()));
    Captions labels = folders.isEmpty() ? new Captions.Member("cls") : new Captions.None();
    long images = 0;
    long[] right = new long[2];
    try (TensorScope scope = new TensorScope();
        ValidationData samples =
            streams
                .factory()
                .validation(
                    data.withCaptions(labels),
                    ImageTransforms.validation(model.preprocess()),
                    model.tokenizer());
        SliceStream slices = samples.open(batchSize, 0, 1)) {
      Tensor classes_CD = classifier();
      for (Slice next = slices.next(); next != null; next = slices.next()) {
        try (Slice slice = next) {
          if (slice.size() > 0) {
            count(slice, labels(slice, folders), classes_CD, right);
          }
          images += slice.size();
          progress.accept((int) images);
        }
      }
    }
    if (images == 0) {
      throw new DataException(data.location() + ": no usable image");
    }
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("zeroshot-val-top1", (double) right[0] / images);
    figures.put("zeroshot-val-top5", (double) right[1] / images);
    return figures;
  }

  /** Names of the classes' folders, sorted; none for other kinds of data. */
  private List<String> classFolders(Path place) {
    if (!Files.isDirectory(place)) {
      return List.of();
    }
    List<String> names;
    try (Stream<Path> entries = Files.list(place)) {
      names =
          entries.filter(Files::isDirectory).map(f -> f.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new DataException(place + ": cannot be listed", e);
    }
    if (names.size() != classNames.size()) {
      throw new DataException(
          "%s: %d folders of classes (expected: %d, one for each line of the class names)"
              .formatted(place, names.size(), classNames.size()));
    }
    return names;
  }

  private long[] labels(Slice slice, List<String> folders) {
    long[] labels = new long[slice.size()];
    for (int i = 0; i < labels.length; i++) {
      String key = slice.keys().get(i);
      labels[i] =
          folders.isEmpty()
              ? number(slice.captions().get(i).trim(), key)
              : folders.indexOf(folder(key));
      if (labels[i] < 0 || labels[i] >= classNames.size()) {
        throw new DataException(
            "%s: class %d (expected: 0-%d, by the class names)"
                .formatted(key, labels[i], classNames.size() - 1));
      }
    }
    return labels;
  }

  private static long number(String text, String key) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new DataException("%s: cls '%s' (expected: a class number)".formatted(key, text), e);
    }
  }

  /** The class's folder in {@code ROOT/CLASS/…/FILE}. */
  private static String folder(String key) {
    String[] parts = key.split("/");
    return parts.length < 3 ? "" : parts[1];
  }

  /** Normalised class embeddings, C×D. */
  private Tensor classifier() {
    TensorVector rows = new TensorVector();
    for (String name : classNames) {
      try (TensorScope scope = new TensorScope()) {
        List<String> prompts = templates.stream().map(t -> t.replace("{}", name)).toList();
        TensorVector encoded = new TensorVector();
        for (int start = 0; start < prompts.size(); start += batchSize) {
          encoded.push_back(
              encode(prompts.subList(start, Math.min(prompts.size(), start + batchSize))));
        }
        Tensor mean_1D = Features.normalize(torch.cat(encoded, 0)).mean(new long[] {0}, true, null);
        rows.push_back(scope.keep(Features.normalize(mean_1D)));
      }
    }
    return torch.cat(rows, 0);
  }

  private Tensor encode(List<String> prompts) {
    Tokenizer tokenizer = model.tokenizer();
    int length = tokenizer.contextLength();
    ByteBuffer tokens =
        ByteBuffer.allocateDirect(prompts.size() * length * Integer.BYTES)
            .order(ByteOrder.nativeOrder());
    int longest = 0;
    for (int i = 0; i < prompts.size(); i++) {
      int used =
          tokenizer.encode(prompts.get(i), tokens.asIntBuffer().slice(i * length, length), 0);
      longest = Math.max(longest, used);
    }
    return model.encoder().texts(tokens, prompts.size(), length, longest);
  }

  private void count(Slice slice, long[] labels, Tensor classes_CD, long[] right) {
    try (TensorScope scope = new TensorScope()) {
      Tensor images_ND = Features.normalize(model.encoder().images(slice));
      Tensor logits_NC = images_ND.matmul(classes_CD.t());
      Tensor truth_N1 =
          logits_NC.gather(1, torch.tensor(labels).to(ScalarType.Long).view(labels.length, 1));
      Tensor rank_N = logits_NC.gt(truth_N1).sum(1);
      for (int i = 0; i < labels.length; i++) {
        long rank = rank_N.get(i).item_long();
        right[0] += rank < 1 ? 1 : 0;
        right[1] += rank < 5 ? 1 : 0;
      }
    }
  }
}
