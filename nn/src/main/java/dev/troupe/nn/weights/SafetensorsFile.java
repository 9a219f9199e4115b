package dev.troupe.nn.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * A safetensors file: eight bytes of header length, a JSON header with each tensor's type, shape
 * and place, and the tensors' bytes.
 *
 * <p>The header must account for every byte: places that overlap, leave a hole, end outside of the
 * file or don't match their shape are refused, as are unknown types and names given twice.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">the format</a>
 */
public final class SafetensorsFile implements WeightsFile {
  /** The longest header that the reference implementation accepts. */
  static final long MAX_HEADER_BYTES = 100_000_000;

  private static final int MAX_DIMENSIONS = 64;
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final MappedFile file;
  private final Map<String, Entry> entries;
  private final Map<String, String> metadata;

  /** A tensor's place, in bytes from the start of the file. */
  private record Entry(String name, DType dtype, long[] shape, long start, long end) {}

  private SafetensorsFile(
      MappedFile file, Map<String, Entry> entries, Map<String, String> metadata) {
    this.file = file;
    this.entries = entries;
    this.metadata = metadata;
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws WeightsException if it is missing or not a whole, valid safetensors file
   */
  public static SafetensorsFile open(Path path) {
    MappedFile file = MappedFile.open(path);
    try {
      return new HeaderReader(file).read();
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  @Override
  public long[] shape(String name) {
    return entry(name).shape.clone();
  }

  @Override
  public DType dtype(String name) {
    return entry(name).dtype;
  }

  @Override
  public Tensor tensor(String name) {
    Entry entry = entry(name);
    return file.tensor(entry.start, entry.dtype, entry.shape);
  }

  @Override
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  @Override
  public void close() {
    file.close();
  }

  private Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new WeightsException(file.path() + ": no tensor named " + name);
    }
    return entry;
  }

  /** Parses and checks the header of one file. */
  private static final class HeaderReader {
    private final MappedFile file;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private long dataStart;

    HeaderReader(MappedFile file) {
      this.file = file;
    }

    SafetensorsFile read() {
      if (file.size() < 8) {
        throw bad("%d bytes long, too short for a safetensors file", file.size());
      }
      long length = file.read(0, 8).getLong();
      if (length < 2 || length > MAX_HEADER_BYTES) {
        throw bad(
            "header length %s (expected: 2-%d); is this a safetensors file?",
            Long.toUnsignedString(length), MAX_HEADER_BYTES);
      }
      if (length > file.size() - 8) {
        throw bad(
            "header of %d bytes, but the file ends after %d: it is truncated",
            length, file.size() - 8);
      }
      dataStart = 8 + length;
      ByteBuffer header = file.read(8, (int) length);
      if (header.get(0) != '{') {
        throw bad("the header does not start with '{'; is this a safetensors file?");
      }
      try (JsonParser json = JSON.createParser(header.array(), 0, (int) length)) {
        parse(json);
      } catch (JsonParseException e) {
        throw bad("invalid header: %s", e.getOriginalMessage());
      } catch (IOException e) {
        throw bad("invalid header: %s", e.getMessage());
      }
      checkCoverage();
      return new SafetensorsFile(file, entries, metadata);
    }

    private void parse(JsonParser json) throws IOException {
      json.nextToken();
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = json.currentName();
        json.nextToken();
        if (name.equals("__metadata__")) {
          parseMetadata(json);
        } else {
          entries.put(name, parseEntry(name, json));
        }
      }
      if (json.nextToken() != null) {
        throw bad("invalid header: text after its end");
      }
    }

    private void parseMetadata(JsonParser json) throws IOException {
      expect(json, JsonToken.START_OBJECT, "__metadata__");
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String key = json.currentName();
        json.nextToken();
        expect(json, JsonToken.VALUE_STRING, "__metadata__." + key);
        metadata.put(key, json.getText());
      }
    }

    private Entry parseEntry(String name, JsonParser json) throws IOException {
      expect(json, JsonToken.START_OBJECT, name);
      DType dtype = null;
      long[] shape = null;
      long[] offsets = null;
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String key = json.currentName();
        json.nextToken();
        switch (key) {
          case "dtype" -> {
            expect(json, JsonToken.VALUE_STRING, name + ".dtype");
            String text = json.getText();
            dtype =
                DType.named(text)
                    .orElseThrow(
                        () ->
                            bad(
                                "%s: dtype %s (expected: one of %s)",
                                name, text, List.of(DType.values())));
          }
          case "shape" -> shape = longs(json, name + ".shape", MAX_DIMENSIONS);
          case "data_offsets" -> offsets = longs(json, name + ".data_offsets", 2);
          default -> throw bad("%s: unknown key %s", name, key);
        }
      }
      if (dtype == null || shape == null || offsets == null || offsets.length != 2) {
        throw bad("%s: dtype, shape and two data_offsets are needed", name);
      }
      long bytes = byteCount(name, dtype, shape);
      if (offsets[1] < offsets[0] || offsets[1] > file.size() - dataStart) {
        throw bad(
            "%s: data_offsets %s (expected: within the %d bytes of data); the file is truncated or"
                + " damaged",
            name, Arrays.toString(offsets), file.size() - dataStart);
      }
      if (offsets[1] - offsets[0] != bytes) {
        throw bad(
            "%s: data_offsets %s hold %d bytes, but %s%s needs %d",
            name,
            Arrays.toString(offsets),
            offsets[1] - offsets[0],
            dtype,
            Arrays.toString(shape),
            bytes);
      }
      return new Entry(name, dtype, shape, dataStart + offsets[0], dataStart + offsets[1]);
    }

    private long byteCount(String name, DType dtype, long[] shape) {
      try {
        return Shapes.bytes(dtype, shape);
      } catch (ArithmeticException e) {
        throw bad("%s: shape %s is too large", name, Arrays.toString(shape));
      }
    }

    private long[] longs(JsonParser json, String what, int limit) throws IOException {
      expect(json, JsonToken.START_ARRAY, what);
      long[] values = new long[limit];
      int count = 0;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        expect(json, JsonToken.VALUE_NUMBER_INT, what);
        if (count == limit) {
          throw bad("%s: more than %d numbers", what, limit);
        }
        long value =
            json.getNumberType() == JsonParser.NumberType.BIG_INTEGER ? -1 : json.getLongValue();
        if (value < 0) {
          throw bad("%s: %s (expected: 0 to 2^63-1)", what, json.getText());
        }
        values[count++] = value;
      }
      return Arrays.copyOf(values, count);
    }

    private void expect(JsonParser json, JsonToken token, String what) throws IOException {
      if (json.currentToken() != token) {
        throw bad("%s: %s (expected: %s)", what, json.currentToken(), token);
      }
    }

    private void checkCoverage() {
      List<Entry> byPlace =
          entries.values().stream()
              .sorted(Comparator.comparingLong(Entry::start).thenComparingLong(Entry::end))
              .toList();
      long position = dataStart;
      String before = "the header";
      for (Entry entry : byPlace) {
        if (entry.start < position) {
          throw bad("%s and %s overlap", before, entry.name);
        }
        if (entry.start > position) {
          throw bad("%d unused bytes before %s", entry.start - position, entry.name);
        }
        position = entry.end;
        before = entry.name;
      }
      if (position != file.size()) {
        throw bad("%d unused bytes after %s", file.size() - position, before);
      }
    }

    private WeightsException bad(String format, Object... values) {
      return new WeightsException(file.path() + ": " + String.format(format, values));
    }
  }
}
