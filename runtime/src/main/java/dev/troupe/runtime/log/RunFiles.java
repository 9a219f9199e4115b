package dev.troupe.runtime.log;

import dev.troupe.runtime.settings.BuildVersion;
import dev.troupe.runtime.settings.ClusterSettings;
import dev.troupe.runtime.settings.SettingKey;
import dev.troupe.runtime.settings.TrainSettings;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** The files of a run while this process writes them. */
final class RunFiles implements AutoCloseable {
  /** Processes of one run have its first node in common; a lone process has only itself. */
  private static final String PROCESS = UUID.randomUUID().toString();

  private final RunFolder folder;
  private final RunLock lock;
  private final Closeable outLog;
  private final JsonLines metrics;
  private final Optional<JsonLines> samples;
  private final Optional<EventFile> events;

  RunFiles(TrainSettings settings, RunFolder folder, long committedSteps) {
    this.folder = folder;
    boolean continues = committedSteps > 0 || settings.checkpoints().resume().isPresent();
    try {
      lock = new RunLock(folder.lock(), run(settings));
      if (folder.used() && !continues && lock.before() != RunLock.Before.THIS_RUN) {
        lock.release();
        throw folder.usedAlready();
      }
      outLog = Logging.toFile(folder.outLog());
      Files.createDirectories(folder.checkpoints());
      writeParams(settings);
    } catch (IOException e) {
      throw JsonLines.failure(folder.path(), e);
    }
    metrics = new JsonLines(folder.metrics(), "step", committedSteps);
    samples =
        settings.log().sampleLedger()
            ? Optional.of(new JsonLines(folder.samples(), "step", committedSteps))
            : Optional.empty();
    events =
        settings.log().tensorboard()
            ? Optional.of(new EventFile(folder.tensorboard(), committedSteps))
            : Optional.empty();
  }

  private static String run(TrainSettings settings) {
    ClusterSettings cluster = settings.cluster();
    if (!cluster.seedNodes().isEmpty()) {
      return cluster.seedNodes().get(0);
    }
    return cluster.port() == 0 ? PROCESS : cluster.host() + ":" + cluster.port();
  }

  /** As OpenCLIP: one {@code name: value} a line, sorted, names with underscores. */
  private void writeParams(TrainSettings settings) throws IOException {
    Map<String, String> params = new TreeMap<>();
    SettingKey.describe(settings)
        .forEach((name, value) -> params.put(name.replace('-', '_'), value));
    params.put("name", folder.name());
    params.put("version", BuildVersion.text());
    params.put("global_batch_size", String.valueOf(settings.globalBatchSize()));
    StringBuilder text = new StringBuilder();
    params.forEach(
        (name, value) ->
            text.append(name).append(": ").append(value.isEmpty() ? "None" : value).append('\n'));
    Files.writeString(folder.params(), text);
  }

  boolean held() {
    return lock.held();
  }

  long nextSamplesRow() {
    return samples.map(JsonLines::next).orElse(Long.MAX_VALUE);
  }

  void samples(long step, int epoch, long generation, List<String> keys) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("step", step);
    row.put("epoch", epoch);
    row.put("generation", generation);
    row.put("keys", keys);
    samples.ifPresent(ledger -> ledger.write(step, row));
  }

  void step(StepMetrics step) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("step", step.step());
    row.put("time", System.currentTimeMillis() / 1000.0);
    row.put("epoch", step.epoch());
    row.put("samples", step.samples());
    row.put("loss", step.loss());
    row.putAll(step.losses());
    row.put("lr", step.lr());
    row.put("logit_scale", step.logitScale());
    row.put("samples_per_second", step.samplesPerSecond());
    row.put("seconds", step.seconds());
    row.put("data_seconds", step.dataSeconds());
    row.put("world_size", step.worldSize());
    row.put("generation", step.generation());
    metrics.write(step.step(), row);
    events.ifPresent(file -> writeEvents(file, step));
  }

  private static void writeEvents(EventFile file, StepMetrics step) {
    Map<String, Double> scalars = new LinkedHashMap<>();
    scalars.put("data_time", step.dataSeconds());
    scalars.put("batch_time", step.seconds());
    scalars.put("samples_per_second", step.samplesPerSecond());
    scalars.put("samples_per_second_per_gpu", step.samplesPerSecond() / step.worldSize());
    scalars.put("scale", step.logitScale());
    scalars.put("lr", step.lr());
    scalars.putAll(step.losses());
    scalars.put("loss", step.loss());
    scalars.forEach((name, value) -> file.scalar("train/" + name, value, step.step()));
  }

  void evaluation(int epoch, Map<String, Double> figures) {
    Map<String, Object> row = new LinkedHashMap<>();
    figures.forEach(
        (name, value) -> {
          if (whole(name)) {
            row.put(name, value.longValue());
          } else {
            row.put(name, value);
          }
        });
    row.put("epoch", epoch);
    try (JsonLines results = new JsonLines(folder.results(), "epoch", epoch)) {
      results.write(epoch, row);
    }
    events.ifPresent(
        file -> figures.forEach((name, value) -> file.scalar("val/" + name, value, epoch)));
  }

  private static boolean whole(String name) {
    return name.toLowerCase(Locale.ROOT).startsWith("num_") || name.equals("epoch");
  }

  @Override
  public void close() {
    metrics.close();
    samples.ifPresent(JsonLines::close);
    events.ifPresent(EventFile::close);
    try {
      outLog.close();
      lock.release();
    } catch (IOException e) {
      throw JsonLines.failure(folder.path(), e);
    }
  }
}
