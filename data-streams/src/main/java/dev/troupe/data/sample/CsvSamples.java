package dev.troupe.data.sample;

import dev.troupe.data.stream.DataException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * A table with a column of image paths and one of captions, as OpenCLIP's {@code CsvDataset}. Only
 * the places of the rows are held in memory. Sample keys are row numbers, from 0.
 */
final class CsvSamples implements SampleShard {
  private final Path path;
  private final FileChannel file;
  private final CSVFormat format;
  private final long[] rows;
  private final int count;
  private final int imageColumn;
  private final int captionColumn;

  /**
   * @param separator one character; {@code \t} may be spelled out
   * @param captionKey name of the captions' column, or null to read none
   */
  CsvSamples(Path path, String separator, String imageKey, String captionKey) {
    this.path = path;
    String delimiter = separator.equals("\\t") ? "\t" : separator;
    if (delimiter.length() != 1 || delimiter.charAt(0) > 127) {
      throw new DataException("csv-separator: '" + separator + "' (expected: one ASCII character)");
    }
    this.format =
        CSVFormat.DEFAULT
            .builder()
            .setDelimiter(delimiter)
            .setLenientEof(true)
            .setTrailingData(true)
            .get();
    try {
      Rows found = Rows.of(path, (byte) delimiter.charAt(0));
      this.rows = found.starts;
      this.count = found.count - 1;
      this.file = FileChannel.open(path);
      if (count < 1) {
        file.close();
        throw new DataException(path + ": no rows (expected: a header and one row a sample)");
      }
      List<String> header = record(0).toList();
      if (header.get(0).startsWith("\uFEFF")) {
        header = new ArrayList<>(header);
        header.set(0, header.get(0).substring(1));
      }
      this.imageColumn = column(header, imageKey, "csv-img-key");
      this.captionColumn = captionKey == null ? -1 : column(header, captionKey, "csv-caption-key");
    } catch (NoSuchFileException e) {
      throw new DataException(path + ": no such file", e);
    } catch (IOException e) {
      throw new DataException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private int column(List<String> header, String name, String flag) {
    int column = header.indexOf(name);
    if (column < 0) {
      throw new DataException(
          String.format(
              "%s: %s (expected: one of the columns %s of %s; see also csv-separator)",
              flag, name, header, path));
    }
    return column;
  }

  @Override
  public int size() {
    return count;
  }

  @Override
  public String key(int ordinal) {
    return Integer.toString(ordinal);
  }

  @Override
  public RawSample read(int ordinal, long seed) throws BadSampleException, IOException {
    CSVRecord record = record(ordinal + 1);
    if (record.size() <= Math.max(imageColumn, captionColumn)) {
      throw new BadSampleException("the row has " + record.size() + " columns only");
    }
    String name = record.get(imageColumn);
    String caption = captionColumn < 0 ? "" : record.get(captionColumn);
    return new RawSample(image(name), caption);
  }

  private byte[] image(String name) throws BadSampleException, IOException {
    Path beside = path.resolveSibling(name);
    try {
      // OpenCLIP's paths are relative to the working folder: that works as well.
      return Files.readAllBytes(Files.exists(beside) ? beside : Path.of(name));
    } catch (NoSuchFileException e) {
      throw new BadSampleException("no such file: " + name, e);
    }
  }

  private CSVRecord record(int row) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(rows[row + 1] - rows[row]));
    while (bytes.hasRemaining() && file.read(bytes, rows[row] + bytes.position()) > 0) {
      // A read may stop early.
    }
    String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    try (CSVParser parser = CSVParser.parse(text, format)) {
      List<CSVRecord> records = parser.getRecords();
      if (records.isEmpty()) {
        throw new IOException(path + ": row " + row + " is empty");
      }
      return records.get(0);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Where rows start: line breaks outside quotes, blank lines left out; at the end the file's size.
   */
  private record Rows(long[] starts, int count) {
    static Rows of(Path path, byte separator) throws IOException {
      long[] starts = new long[1024];
      int count = 0;
      try (InputStream in = new BufferedInputStream(Files.newInputStream(path), 1 << 17)) {
        boolean quoted = false;
        boolean fieldStart = true;
        boolean blank = true;
        long rowStart = 0;
        int before = 0;
        for (long at = 0; ; at++) {
          int b = in.read();
          if (b < 0 || b == '\n' && !quoted) {
            if (!blank) {
              if (count + 2 > starts.length) {
                starts = Arrays.copyOf(starts, 2 * starts.length);
              }
              starts[count++] = rowStart;
            }
            starts[count] = at;
            if (b < 0) {
              break;
            }
            rowStart = at + 1;
            blank = true;
            fieldStart = true;
          } else if (quoted) {
            quoted = b != '"';
          } else {
            // A quote opens a field, or goes on with one after a doubled quote.
            quoted = b == '"' && (fieldStart || before == '"');
            fieldStart = b == separator;
            blank &= b == '\r';
          }
          before = b;
        }
      }
      return new Rows(starts, count);
    }
  }
}
