package dev.troupe.runtime.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.data.image.ImageTransforms;
import dev.troupe.data.sample.Captions;
import dev.troupe.data.stream.DataSpec;
import dev.troupe.data.stream.Slice;
import dev.troupe.data.stream.SliceStream;
import dev.troupe.data.stream.ValidationData;
import dev.troupe.data.text.Tokenizer;
import dev.troupe.nn.weights.Safetensors;
import dev.troupe.runtime.wiring.DataStreams;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Features of images and texts, gathered in memory and written as one safetensors file: {@code
 * image_features} and {@code text_features}, rows in input order, the images' keys as metadata
 * {@code keys} (a JSON array).
 *
 * <p><b>Native memory:</b> owns the features until {@link #close()}.
 */
public final class Embedding implements AutoCloseable {
  /** For images alone. */
  private static final Tokenizer NO_TEXT =
      new Tokenizer() {
        @Override
        public int contextLength() {
          return 1;
        }

        @Override
        public int encode(String text, IntBuffer target_L, long sampleSeed) {
          target_L.put(0);
          return 1;
        }
      };

  private final LoadedModel model;
  private final boolean normalize;
  private final int batchSize;
  private final List<Tensor> images = new ArrayList<>();
  private final List<Tensor> texts = new ArrayList<>();
  private final List<String> keys = new ArrayList<>();

  /**
   * @param normalize L2-normalise the features; raw tower outputs otherwise
   * @param batchSize samples encoded at a time
   */
  public Embedding(LoadedModel model, boolean normalize, int batchSize) {
    this.model = model;
    this.normalize = normalize;
    this.batchSize = batchSize;
  }

  /**
   * Embeds the images of a data set, in its order.
   *
   * @param encoded told how many images are done
   */
  public void images(DataStreams streams, DataSpec spec, LongConsumer encoded)
      throws InterruptedException {
    try (ValidationData data =
            streams
                .factory()
                .validation(
                    spec.withCaptions(new Captions.None()),
                    ImageTransforms.validation(model.preprocess()),
                    NO_TEXT);
        SliceStream slices = data.open(batchSize, 0, 1)) {
      for (Slice slice = slices.next(); slice != null; slice = slices.next()) {
        add(slice);
        encoded.accept(keys.size());
      }
    }
  }

  private void add(Slice slice) {
    try (slice;
        PointerScope scope = new PointerScope()) {
      if (slice.size() > 0) {
        keep(model.encoder().images(slice), images);
        keys.addAll(slice.keys());
      }
    }
  }

  /**
   * Embeds texts.
   *
   * @param encoded told how many texts are done
   */
  public void texts(List<String> lines, LongConsumer encoded) {
    Tokenizer tokenizer = model.tokenizer();
    int length = tokenizer.contextLength();
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(batchSize * length * Integer.BYTES)
            .order(ByteOrder.nativeOrder());
    for (int start = 0; start < lines.size(); start += batchSize) {
      int n = Math.min(batchSize, lines.size() - start);
      int longest = 0;
      for (int row = 0; row < n; row++) {
        IntBuffer target = buffer.asIntBuffer().slice(row * length, length);
        longest = Math.max(longest, tokenizer.encode(lines.get(start + row), target, 0));
      }
      try (PointerScope scope = new PointerScope()) {
        keep(model.encoder().texts(buffer, n, length, longest), texts);
      }
      encoded.accept(start + n);
    }
  }

  private void keep(Tensor features_ND, List<Tensor> list) {
    Tensor rows = normalize ? Features.normalize(features_ND) : features_ND;
    rows.retainReference();
    list.add(rows);
  }

  /** Writes what was embedded. The file appears when it is whole. */
  public void write(Path out) {
    try (PointerScope scope = new PointerScope()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      if (!images.isEmpty()) {
        tensors.put("image_features", concatenate(images));
      }
      if (!texts.isEmpty()) {
        tensors.put("text_features", concatenate(texts));
      }
      Safetensors.write(
          out,
          tensors,
          Map.of("format", "pt", "keys", new ObjectMapper().writeValueAsString(keys)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Tensor concatenate(List<Tensor> rows) {
    return torch.cat(new TensorVector(rows.toArray(new Tensor[0])), 0);
  }

  @Override
  public void close() {
    images.forEach(Tensor::releaseReference);
    texts.forEach(Tensor::releaseReference);
  }
}
