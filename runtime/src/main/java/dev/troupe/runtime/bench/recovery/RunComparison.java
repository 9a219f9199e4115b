package dev.troupe.runtime.bench.recovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.weights.SafetensorsFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Compares what two runs committed. */
final class RunComparison {
  private static final ObjectMapper JSON = new ObjectMapper();

  private RunComparison() {}

  /**
   * The first difference of two ledgers in the rows of the first steps.
   *
   * @return empty if there is none
   */
  static String ledgers(Path run, Path reference, long steps) throws IOException {
    try (BufferedReader ours = Files.newBufferedReader(run.resolve("samples.jsonl"));
        BufferedReader theirs = Files.newBufferedReader(reference.resolve("samples.jsonl"))) {
      for (long step = 0; step < steps; step++) {
        String mine = ours.readLine();
        String other = theirs.readLine();
        if (mine == null || other == null) {
          return "step %d: no row in %s".formatted(step, mine == null ? run : reference);
        }
        JsonNode row = JSON.readTree(mine);
        JsonNode expected = JSON.readTree(other);
        for (String key : new String[] {"step", "epoch", "keys"}) {
          if (!row.path(key).equals(expected.path(key)) || row.path("step").asLong() != step) {
            return "step %d: %s differs".formatted(step, key);
          }
        }
      }
      return ours.readLine() == null ? "" : "rows after step " + (steps - 1);
    }
  }

  /** The largest relative difference of the losses of steps that both logged. */
  static double losses(Path run, Path reference) throws IOException {
    Map<Long, Double> ours = losses(run);
    Map<Long, Double> theirs = losses(reference);
    double largest = 0;
    for (Map.Entry<Long, Double> loss : ours.entrySet()) {
      Double other = theirs.get(loss.getKey());
      if (other != null) {
        largest = Math.max(largest, Math.abs(loss.getValue() - other) / Math.abs(other));
      }
    }
    return largest;
  }

  private static Map<Long, Double> losses(Path run) throws IOException {
    Map<Long, Double> losses = new LinkedHashMap<>();
    try (BufferedReader rows = Files.newBufferedReader(run.resolve("metrics.jsonl"))) {
      for (String row = rows.readLine(); row != null; row = rows.readLine()) {
        JsonNode json = JSON.readTree(row);
        losses.put(json.path("step").asLong(), json.path("loss").asDouble());
      }
    }
    return losses;
  }

  /**
   * How far the weights of two runs are apart.
   *
   * @param largest largest absolute difference of a single weight
   * @param relative L2 norm of all differences over that of all weights
   */
  record Distance(double largest, double relative) {}

  static Distance weights(Path file, Path reference) {
    double largest = 0;
    double squares = 0;
    double size = 0;
    try (SafetensorsFile ours = SafetensorsFile.open(file);
        SafetensorsFile theirs = SafetensorsFile.open(reference)) {
      for (String name : theirs.names()) {
        try (TensorScope scope = new TensorScope()) {
          Tensor a = ours.tensor(name).to(ScalarType.Double);
          Tensor b = theirs.tensor(name).to(ScalarType.Double);
          Tensor difference = a.sub(b);
          largest = Math.max(largest, difference.abs().max().item_double());
          squares += difference.square().sum().item_double();
          size += b.square().sum().item_double();
        }
      }
    }
    return new Distance(largest, Math.sqrt(squares / size));
  }
}
