package dev.troupe.nn.weights;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * NumPy's archive of arrays ({@code .npz}), in which big_vision publishes its models. Arrays of
 * Python objects are refused: they are pickles.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">the format
 *     of its members</a>
 */
public final class NpzFile implements WeightsFile {
  private static final int HEAD_BYTES = 1 << 16;
  private static final int MAX_DIMENSIONS = 64;

  private static final Pattern HEADER =
      Pattern.compile(
          "\\{\\s*'descr':\\s*'([^']{1,16})',\\s*'fortran_order':\\s*(True|False),"
              + "\\s*'shape':\\s*\\(([0-9, ]*)\\),?\\s*\\}\\s*");

  private static final Map<String, DType> TYPES =
      Map.ofEntries(
          Map.entry("<f4", DType.F32),
          Map.entry("<f2", DType.F16),
          Map.entry("<f8", DType.F64),
          Map.entry("|V2", DType.BF16), // how NumPy, which has no bfloat16, writes JAX's
          Map.entry("<V2", DType.BF16),
          Map.entry("<i8", DType.I64),
          Map.entry("<i4", DType.I32),
          Map.entry("<i2", DType.I16),
          Map.entry("|i1", DType.I8),
          Map.entry("|u1", DType.U8),
          Map.entry("<u2", DType.U16),
          Map.entry("<u4", DType.U32),
          Map.entry("<u8", DType.U64),
          Map.entry("|b1", DType.BOOL));

  private final MappedFile file;
  private final ZipIndex zip;
  private final Map<String, Array> arrays = new LinkedHashMap<>();

  /** An array's place; its elements start {@code offset} bytes into the entry. */
  private record Array(
      ZipIndex.Entry entry, DType dtype, long[] shape, boolean columnsFirst, int offset) {}

  private NpzFile(MappedFile file, ZipIndex zip) {
    this.file = file;
    this.zip = zip;
  }

  /**
   * Opens an archive.
   *
   * @throws WeightsException if it is missing, damaged or holds anything but arrays of numbers
   */
  public static NpzFile open(Path path) {
    MappedFile file = MappedFile.open(path);
    try {
      NpzFile npz = new NpzFile(file, ZipIndex.read(file));
      npz.zip.entries().values().forEach(npz::add);
      return npz;
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private void add(ZipIndex.Entry entry) {
    String member = entry.name();
    if (!member.endsWith(".npy")) {
      throw bad("%s: not an array (expected: members named *.npy only)", member);
    }
    byte[] head = zip.head(entry, HEAD_BYTES);
    if (head.length < 10
        || (head[0] & 0xff) != 0x93
        || !new String(head, 1, 5, StandardCharsets.US_ASCII).equals("NUMPY")) {
      throw bad("%s: not in NumPy's format", member);
    }
    int start = head[6] == 1 ? 10 : 12;
    if (head.length < start) {
      throw bad("%s: damaged header", member);
    }
    long length = (head[8] & 0xffL) | (head[9] & 0xffL) << 8;
    if (start == 12) {
      length |= (head[10] & 0xffL) << 16 | (head[11] & 0xffL) << 24;
    }
    if (length > head.length - start) {
      throw bad("%s: header of %d bytes (%d are there)", member, length, head.length - start);
    }
    String text = new String(head, start, (int) length, StandardCharsets.ISO_8859_1);
    Matcher header = HEADER.matcher(text);
    if (!header.matches()) {
      throw bad(
          "%s: header %s (expected: an array of numbers)",
          member, text.substring(0, Math.min(80, text.length())).trim());
    }
    DType dtype = TYPES.get(header.group(1));
    if (dtype == null) {
      throw bad(
          "%s: element type %s (expected: one of %s)", member, header.group(1), TYPES.keySet());
    }
    long[] shape = shape(member, header.group(3));
    int offset = start + (int) length;
    if (bytes(member, dtype, shape) != entry.size() - offset) {
      throw bad(
          "%s: %d bytes of elements, but %s%s needs %d",
          member,
          entry.size() - offset,
          dtype,
          Arrays.toString(shape),
          bytes(member, dtype, shape));
    }
    arrays.put(
        member.substring(0, member.length() - ".npy".length()),
        new Array(entry, dtype, shape, header.group(2).equals("True"), offset));
  }

  private long[] shape(String member, String text) {
    String[] parts = text.isBlank() ? new String[0] : text.split(",");
    if (parts.length > MAX_DIMENSIONS) {
      throw bad("%s: %d dimensions", member, parts.length);
    }
    try {
      return Arrays.stream(parts)
          .map(String::trim)
          .filter(part -> !part.isEmpty())
          .mapToLong(Long::parseLong)
          .toArray();
    } catch (NumberFormatException e) {
      throw bad("%s: shape (%s)", member, text);
    }
  }

  private long bytes(String member, DType dtype, long[] shape) {
    try {
      return Shapes.bytes(dtype, shape);
    } catch (ArithmeticException e) {
      throw bad("%s: shape %s is too large", member, Arrays.toString(shape));
    }
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(arrays.keySet());
  }

  @Override
  public long[] shape(String name) {
    return array(name).shape.clone();
  }

  @Override
  public DType dtype(String name) {
    return array(name).dtype;
  }

  @Override
  public Tensor tensor(String name) {
    Array array = array(name);
    long count = Shapes.elements(array.shape);
    if (count == 0) {
      return torch.empty(array.shape, new TensorOptions(array.dtype.scalarType()), null);
    }
    Tensor flat = zip.storage(array.entry, array.offset, array.dtype, count);
    if (!array.columnsFirst || array.shape.length < 2) {
      return flat.view(array.shape);
    }
    int last = array.shape.length - 1;
    long[] reversed = new long[array.shape.length];
    long[] order = new long[array.shape.length];
    for (int i = 0; i <= last; i++) {
      reversed[i] = array.shape[last - i];
      order[i] = last - i;
    }
    return flat.view(reversed).permute(order);
  }

  @Override
  public Map<String, String> metadata() {
    return Map.of();
  }

  @Override
  public void close() {
    file.close();
  }

  private Array array(String name) {
    Array array = arrays.get(name);
    if (array == null) {
      throw bad("no array named %s", name);
    }
    return array;
  }

  private WeightsException bad(String format, Object... values) {
    return new WeightsException(file.path() + ": " + String.format(format, values));
  }
}
