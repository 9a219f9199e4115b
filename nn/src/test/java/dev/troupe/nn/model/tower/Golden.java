package dev.troupe.nn.model.tower;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.torch.TensorScope;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.bytedeco.pytorch.Tensor;

/** Golden files, and the weights and inputs that both sides compute (see make_goldens.py). */
public final class Golden {
  private Golden() {}

  public static JsonNode read(String name) {
    try (InputStream in = Golden.class.getResourceAsStream(name + ".json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Uniform values in [-1, 1) from the splitmix64 generator, seeded with the CRC-32 of the name.
   */
  public static float[] fill(String name, long... shape) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    long seed = crc.getValue() << 24;
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      long x = (i + 1 + seed) * 0x9E3779B97F4A7C15L;
      x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
      x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
      x ^= x >>> 31;
      values[i] = (float) ((double) (x >>> 40) / (1 << 23) - 1);
    }
    return values;
  }

  /** Values under which activations keep their size. */
  private static float[] weight(String name, long... shape) {
    float[] values = fill(name, shape);
    boolean vector = shape.length <= 1;
    boolean scale = name.matches(".*(weight|gamma|gamma_1|gamma_2|running_var)");
    double fanIn = vector ? 1 : Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a * b);
    float deviation = (float) Math.sqrt(3 / fanIn);
    for (int i = 0; i < values.length; i++) {
      if (vector) {
        values[i] = scale ? 1 + 0.3f * values[i] : 0.01f * values[i];
      } else {
        values[i] *= shape[0] == 1 ? 0.01f : deviation;
      }
    }
    return values;
  }

  /** Gives every tensor of the layer the values that follow from its name. */
  public static void fill(Layer layer) {
    layer
        .state()
        .forEach(
            (name, tensor) -> {
              if (name.endsWith("num_batches_tracked")) {
                Init.constant(tensor, 0);
              } else {
                long[] shape = shape(tensor);
                Init.quietly(tensor, t -> t.copy_(Tensor.create(weight(name, shape), shape)));
              }
            });
  }

  public static long[] shape(Tensor tensor) {
    long[] shape = new long[(int) tensor.dim()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = tensor.size(i);
    }
    return shape;
  }

  /** Rows of a matrix. */
  public static double[][] rows(JsonNode matrix) {
    double[][] rows = new double[matrix.size()][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = new double[matrix.get(i).size()];
      for (int j = 0; j < rows[i].length; j++) {
        rows[i][j] = matrix.get(i).get(j).asDouble();
      }
    }
    return rows;
  }

  public static float[] values(Tensor tensor) {
    try (TensorScope scope = new TensorScope()) {
      Tensor flat = tensor.detach().contiguous().view(-1);
      float[] values = new float[(int) flat.numel()];
      flat.data_ptr_float().get(values);
      return values;
    }
  }
}
