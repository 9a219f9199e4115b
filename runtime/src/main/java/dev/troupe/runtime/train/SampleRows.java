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
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The samples of the last steps, on every rank.
 *
 * <p>They are gathered before a step commits, so that whichever rank survives a commit knows its
 * samples: when the rank that writes {@code samples.jsonl} dies between a commit and its row, the
 * next one writes the row.
 */
final class SampleRows {
  private static final Logger LOG = LoggerFactory.getLogger(SampleRows.class);
  private static final int KEPT = 4;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TrainingData data;
  private final TreeMap<Long, Row> rows = new TreeMap<>();
  private long warnedUpTo;

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

  /**
   * Writes the rows of committed steps that the file lacks. A file that begins in the middle of a
   * run, after a resume into another folder, begins with the first step that is remembered.
   */
  void writeMissing(RunLog log, long committedSteps) {
    long next = log.nextSamplesRow();
    if (next >= committedSteps) {
      return;
    }
    SortedMap<Long, Row> missing = rows.subMap(next, committedSteps);
    long known = missing.isEmpty() ? committedSteps : missing.firstKey();
    if (known > next && known > warnedUpTo) {
      LOG.warn(
          "samples.jsonl has no rows of steps {} to {}: no worker remembers them", next, known - 1);
      warnedUpTo = known;
    }
    missing.forEach((step, row) -> log.samples(step, row.epoch(), row.generation(), row.keys()));
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
