package dev.troupe.nn.weights;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes the pickle of a PyTorch checkpoint: maps with plain keys, lists, texts, numbers and
 * tensors. Each tensor becomes contiguous and gets a storage of its own.
 */
final class Pickler {
  private static final Map<DType, String> STORAGES =
      Map.ofEntries(
          Map.entry(DType.F32, "FloatStorage"),
          Map.entry(DType.F16, "HalfStorage"),
          Map.entry(DType.BF16, "BFloat16Storage"),
          Map.entry(DType.F64, "DoubleStorage"),
          Map.entry(DType.I64, "LongStorage"),
          Map.entry(DType.I32, "IntStorage"),
          Map.entry(DType.I16, "ShortStorage"),
          Map.entry(DType.I8, "CharStorage"),
          Map.entry(DType.U8, "ByteStorage"),
          Map.entry(DType.BOOL, "BoolStorage"),
          Map.entry(DType.C64, "ComplexFloatStorage"));

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final List<Tensor> tensors = new ArrayList<>();

  /** The pickle of {@code value}. */
  byte[] dump(Object value) {
    out.write(0x80); // PROTO
    out.write(2);
    write(value);
    out.write('.');
    return out.toByteArray();
  }

  /** The tensors that the pickle refers to by their place in this list. */
  List<Tensor> tensors() {
    return tensors;
  }

  private void write(Object value) {
    if (value == null) {
      out.write('N');
    } else if (value instanceof Boolean flag) {
      out.write(flag ? 0x88 : 0x89);
    } else if (value instanceof Integer || value instanceof Long) {
      integer(((Number) value).longValue());
    } else if (value instanceof Double || value instanceof Float) {
      out.write('G');
      long bits = Double.doubleToLongBits(((Number) value).doubleValue());
      out.writeBytes(ByteBuffer.allocate(8).putLong(bits).array());
    } else if (value instanceof String text) {
      text(text);
    } else if (value instanceof Map<?, ?> map) {
      out.write('}');
      out.write('(');
      map.forEach(
          (key, item) -> {
            write(key);
            write(item);
          });
      out.write('u');
    } else if (value instanceof List<?> list) {
      out.write(']');
      out.write('(');
      list.forEach(this::write);
      out.write('e');
    } else if (value instanceof Tensor tensor) {
      tensor(tensor);
    } else {
      throw new IllegalArgumentException(
          value.getClass() + " can't be written to a PyTorch checkpoint");
    }
  }

  private void tensor(Tensor tensor) {
    DType dtype = DType.of(tensor.scalar_type());
    String storage = STORAGES.get(dtype);
    if (storage == null) {
      throw new WeightsException(
          "element type " + dtype + " can't be written to a .pt file; use safetensors");
    }
    long[] shape = Safetensors.shape(tensor);
    long[] strides = new long[shape.length];
    long count = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = Math.max(1, count);
      count *= shape[i];
    }
    global("torch._utils", "_rebuild_tensor_v2");
    out.write('(');
    out.write('(');
    text("storage");
    global("torch", storage);
    text(Integer.toString(tensors.size()));
    text("cpu");
    integer(count);
    out.write('t');
    out.write('Q');
    integer(0);
    tuple(shape);
    tuple(strides);
    out.write(0x89); // requires_grad
    global("collections", "OrderedDict"); // backward hooks
    out.write(')');
    out.write('R');
    out.write('t');
    out.write('R');
    tensors.add(tensor);
  }

  private void tuple(long[] values) {
    out.write('(');
    for (long value : values) {
      integer(value);
    }
    out.write('t');
  }

  private void global(String module, String name) {
    out.write('c');
    out.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  private void text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.write('X');
    out.writeBytes(little(4, bytes.length));
    out.writeBytes(bytes);
  }

  private void integer(long value) {
    if (value == (int) value) {
      out.write('J');
      out.writeBytes(little(4, value));
    } else {
      out.write(0x8a);
      out.write(8);
      out.writeBytes(little(8, value));
    }
  }

  private static byte[] little(int bytes, long value) {
    ByteBuffer buffer = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
    return java.util.Arrays.copyOf(buffer.array(), bytes);
  }
}
