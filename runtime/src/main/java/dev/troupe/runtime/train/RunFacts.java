package dev.troupe.runtime.train;

import dev.troupe.data.stream.TrainingData;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.weights.PreprocessConfig;
import dev.troupe.runtime.settings.BuildVersion;
import dev.troupe.runtime.settings.TrainSettings;
import dev.troupe.runtime.weights.ResolvedWeights;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What decides the course of training, by name: for workers that join, and for runs that resume.
 */
final class RunFacts {
  private RunFacts() {}

  /** What must be the same on every worker of a run. */
  static Map<String, String> of(
      TrainSettings settings, ModelConfig config, PreprocessConfig images, TrainingData data) {
    Map<String, String> facts = new TreeMap<>(ofPlan(settings, config, images, data));
    facts.put("version", BuildVersion.text());
    facts.put("total steps", String.valueOf(data.totalSteps()));
    add(facts, settings.optimization());
    add(facts, settings.loss());
    add(facts, settings.image());
    facts.put("precision", String.valueOf(settings.device().precision()));
    facts.put("sample-ledger", String.valueOf(settings.log().sampleLedger()));
    // Given per worker at the start; the global batch says what counts.
    facts.remove("batchSize");
    facts.remove("globalBatchSize");
    return facts;
  }

  /** What must be the same before and after a resume: model, data, and how it is cut into steps. */
  static Map<String, String> ofPlan(
      TrainSettings settings, ModelConfig config, PreprocessConfig images, TrainingData data) {
    Map<String, String> facts = new TreeMap<>();
    facts.put("model", config.name());
    facts.put("model configuration", config.json().toString());
    facts.put(ResolvedWeights.PREPROCESSING, images.json().toString());
    facts.put("global batch", String.valueOf(settings.globalBatchSize()));
    facts.put("samples per epoch", String.valueOf(data.samplesPerEpoch()));
    facts.put("seed", String.valueOf(settings.optimization().seed()));
    facts.put("dataset-resampled", String.valueOf(settings.data().datasetResampled()));
    return facts;
  }

  /** Each difference in words; empty if there is none. */
  static List<String> differences(Map<String, String> before, Map<String, String> now) {
    List<String> differences = new ArrayList<>();
    for (Map.Entry<String, String> fact : now.entrySet()) {
      String then = before.get(fact.getKey());
      if (then != null && !Objects.equals(then, fact.getValue())) {
        differences.add("%s: %s (expected: %s)".formatted(fact.getKey(), fact.getValue(), then));
      }
    }
    return differences;
  }

  private static void add(Map<String, String> facts, Record group) {
    for (RecordComponent component : group.getClass().getRecordComponents()) {
      try {
        Object value = component.getAccessor().invoke(group);
        Object plain = value instanceof Optional<?> optional ? optional.orElse(null) : value;
        facts.put(component.getName(), String.valueOf(plain));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(component + ": cannot be read", e);
      }
    }
  }
}
