package dev.troupe.runtime.log;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a run came to and where its files are, as a table at its end. */
final class ResultTable {
  private final RunFolder folder;
  private final boolean wroteFiles;
  private final long startNanos = System.nanoTime();
  private final Map<String, String> figures = new LinkedHashMap<>();
  private StepMetrics last;
  private long steps;
  private long samples;
  private String checkpoint = "";

  ResultTable(RunFolder folder, boolean wroteFiles) {
    this.folder = folder;
    this.wroteFiles = wroteFiles;
  }

  void step(StepMetrics step) {
    last = step;
    steps++;
    samples += step.globalBatch();
  }

  void evaluation(Map<String, Double> latest) {
    latest.forEach(
        (name, value) ->
            figures.put(
                name,
                value == Math.rint(value) && Math.abs(value) < 1e15
                    ? String.format(Locale.ROOT, "%.0f", value)
                    : String.format(Locale.ROOT, "%.4f", value)));
  }

  void checkpoint(String place) {
    checkpoint = place;
  }

  String text() {
    List<String> lines = new ArrayList<>();
    long seconds = (System.nanoTime() - startNanos) / 1_000_000_000;
    lines.add("Run " + folder.name());
    if (last != null) {
      row(lines, "steps", "%d of %d".formatted(last.step() + 1, last.totalSteps()));
      if (steps != last.step() + 1) {
        row(lines, "steps seen by this process", String.valueOf(steps));
      }
      row(lines, "samples", String.valueOf(last.samples()));
      row(lines, "time", ProgressLine.duration(seconds));
      row(
          lines,
          "samples/s, evaluation included",
          "%.0f".formatted(samples / Math.max(1.0, seconds)));
      row(lines, "loss", String.format(Locale.ROOT, "%.4f", last.loss()));
    }
    figures.forEach((name, value) -> row(lines, name, value));
    if (!checkpoint.isEmpty()) {
      row(lines, "last checkpoint", checkpoint);
    }
    if (wroteFiles) {
      place(lines, "log", folder.outLog());
      place(lines, "settings", folder.params());
      place(lines, "figures of steps", folder.metrics());
      place(lines, "evaluations", folder.results());
      place(lines, "samples of steps", folder.samples());
      place(lines, "skipped samples", folder.skipped());
      place(lines, "TensorBoard", folder.tensorboard());
    }
    return String.join(System.lineSeparator(), lines);
  }

  private static void place(List<String> lines, String name, Path path) {
    if (Files.exists(path)) {
      row(lines, name, path.toString());
    }
  }

  private static void row(List<String> lines, String name, String value) {
    lines.add(String.format(Locale.ROOT, "  %-32s %s", name, value));
  }
}
