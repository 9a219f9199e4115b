package dev.troupe.runtime.train;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.data.stream.TrainingData;
import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.runtime.log.RunLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * The samples of the last steps, on every rank.
 *
 * <p>They are gathered before a step commits, so that whichever rank survives a commit knows its
 * samples: when the rank that writes {@code samples.jsonl} dies between a commit and its row, the
 * next one writes the row.
 */
final class SampleRows {
  private static final int KEPT = 4;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TrainingData data;
  private final TreeMap<Long, Row> rows = new TreeMap<>();

  /** A step's samples, in the order of the global batch. */
  record Row(long step, int epoch, long generation, List<String> keys) {}

  SampleRows(TrainingData data) {
    this.data = data;
  }

  /** Gathers the keys of all ranks for a step that is about to run. */
  void gather(Collectives group, long generation, long step, List<String> keys)
      throws CollectiveException {
    List<String> all = new ArrayList<>();
    for (byte[] part : group.allGatherBytes(encode(keys))) {
      all.addAll(decode(part, new TypeReference<List<String>>() {}));
    }
    rows.put(step, new Row(step, data.epochOf(step), generation, all));
    while (rows.size() > KEPT) {
      rows.pollFirstEntry();
    }
  }

  /** Tells all ranks of a new group what each of them remembers. */
  void share(Collectives group) throws CollectiveException {
    for (byte[] part : group.allGatherBytes(encode(List.copyOf(rows.values())))) {
      for (Row row : decode(part, new TypeReference<List<Row>>() {})) {
        rows.putIfAbsent(row.step(), row);
      }
    }
  }

  /** Writes the rows of committed steps that the file lacks. */
  void writeMissing(RunLog log, long committedSteps) {
    for (long step = log.nextSamplesRow(); step < committedSteps; step++) {
      Row row = rows.get(step);
      if (row == null) {
        throw new IllegalStateException(
            "samples.jsonl: no rank remembers the samples of step %d (expected: rows up to step %d); resume from the last checkpoint"
                .formatted(step, committedSteps - 1));
      }
      log.samples(step, row.epoch(), row.generation(), row.keys());
    }
  }

  private static byte[] encode(Object value) {
    try {
      return JSON.writeValueAsBytes(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static <T> T decode(byte[] bytes, TypeReference<T> type) {
    try {
      return JSON.readValue(bytes, type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
