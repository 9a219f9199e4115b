package dev.troupe.nn.weights;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads Python's pickles as far as PyTorch's weights need them: tensors, containers, numbers and
 * texts. A pickle is a program; this machine knows a dozen harmless functions, and any other one is
 * refused by its name before anything is done with it. It is to {@code pickle.load} what {@code
 * torch.load(weights_only=True)} is.
 *
 * <p>Python values become: None null, bool Boolean, int Long or BigInteger, float Double, str
 * String, bytes byte[], list and tuple List, dict and OrderedDict Map, set Set; and the records
 * below.
 *
 * @see <a href="https://github.com/python/cpython/blob/main/Lib/pickletools.py">the opcodes</a>
 */
final class Unpickler {
  /** Bounds the memory that a small file can claim; real checkpoints stay far below. */
  private static final int MAX_OBJECTS = 5_000_000;

  private static final int MAX_DIMENSIONS = 64;

  /** A class or function, named only. */
  record Global(String module, String name) {
    @Override
    public String toString() {
      return module + "." + name;
    }
  }

  /**
   * A tensor's memory, which is another entry of the archive.
   *
   * @param dtype the elements' type; null for untyped storage, whose count is in bytes
   */
  record Storage(String key, DType dtype, long count) {}

  /**
   * A tensor as a window on a storage.
   *
   * @param offset its first element, counted in elements
   */
  record Window(Storage storage, DType dtype, long offset, long[] shape, long[] strides) {}

  /** An object of a TorchScript class: its attributes, without the class's code. */
  record ScriptObject(String type, Map<String, Object> attributes) {}

  private static final Map<String, DType> STORAGES =
      Map.ofEntries(
          Map.entry("FloatStorage", DType.F32),
          Map.entry("HalfStorage", DType.F16),
          Map.entry("BFloat16Storage", DType.BF16),
          Map.entry("DoubleStorage", DType.F64),
          Map.entry("LongStorage", DType.I64),
          Map.entry("IntStorage", DType.I32),
          Map.entry("ShortStorage", DType.I16),
          Map.entry("CharStorage", DType.I8),
          Map.entry("ByteStorage", DType.U8),
          Map.entry("BoolStorage", DType.BOOL),
          Map.entry("ComplexFloatStorage", DType.C64));

  private static final Map<String, DType> DTYPES =
      Map.ofEntries(
          Map.entry("float32", DType.F32),
          Map.entry("float16", DType.F16),
          Map.entry("bfloat16", DType.BF16),
          Map.entry("float64", DType.F64),
          Map.entry("float8_e4m3fn", DType.F8_E4M3),
          Map.entry("float8_e5m2", DType.F8_E5M2),
          Map.entry("int64", DType.I64),
          Map.entry("int32", DType.I32),
          Map.entry("int16", DType.I16),
          Map.entry("int8", DType.I8),
          Map.entry("uint8", DType.U8),
          Map.entry("uint16", DType.U16),
          Map.entry("uint32", DType.U32),
          Map.entry("uint64", DType.U64),
          Map.entry("bool", DType.BOOL),
          Map.entry("complex64", DType.C64));

  private static final Set<String> FUNCTIONS =
      Set.of(
          "collections.OrderedDict",
          "torch.Size",
          "torch.device",
          "torch._utils._rebuild_tensor",
          "torch._utils._rebuild_tensor_v2",
          "torch._utils._rebuild_tensor_v3",
          "torch._utils._rebuild_parameter",
          "torch._utils._rebuild_parameter_with_state",
          "torch._tensor._rebuild_from_type_v2",
          "torch.Tensor",
          "torch.nn.parameter.Parameter",
          "torch.storage.UntypedStorage",
          "torch.jit._pickle.build_intlist",
          "torch.jit._pickle.build_doublelist",
          "torch.jit._pickle.build_boollist",
          "torch.jit._pickle.build_tensorlist",
          "torch.jit._pickle.restore_type_tag");

  private final String source;
  private final ByteBuffer in;
  private final List<List<Object>> frames = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();
  private List<Object> stack = new ArrayList<>();
  private int objects;

  private Unpickler(String source, byte[] pickle) {
    this.source = source;
    this.in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The value that a pickle builds.
   *
   * @param source names the file in messages
   * @throws WeightsException if it is damaged or calls for anything but weights
   */
  static Object load(String source, byte[] pickle) {
    return new Unpickler(source, pickle).run();
  }

  private Object run() {
    while (true) {
      int opcode = (int) in(1) & 0xff;
      charge(1);
      switch (opcode) {
        case '.' -> {
          return pop();
        }
        case 0x80 -> in(1); // PROTO
        case 0x95 -> in(8); // FRAME
        case '(' -> mark();
        case '0' -> pop();
        case '1' -> popMark();
        case '2' -> push(top());
        case 'N' -> push(null);
        case 0x88 -> push(true);
        case 0x89 -> push(false);
        case 'J' -> push((long) (int) in(4));
        case 'K' -> push(in(1) & 0xff);
        case 'M' -> push(in(2) & 0xffff);
        case 0x8a -> push(integer((int) in(1) & 0xff));
        case 0x8b -> push(integer(length(in(4))));
        case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in(8))));
        case 'X', 'T' -> push(text(length(in(4) & 0xffffffffL)));
        case 0x8c, 'U' -> push(text(length(in(1) & 0xff)));
        case 0x8d -> push(text(length(in(8))));
        case 'B' -> push(bytes(length(in(4) & 0xffffffffL)));
        case 'C' -> push(bytes(length(in(1) & 0xff)));
        case 0x8e -> push(bytes(length(in(8))));
        case ')' -> push(List.of());
        case 't' -> push(tuple(popMark()));
        case 0x85 -> pushTuple(1);
        case 0x86 -> pushTuple(2);
        case 0x87 -> pushTuple(3);
        case ']' -> push(new ArrayList<>());
        case 'l' -> push(popMark());
        case 'a' -> append(List.of(nullable(pop())));
        case 'e' -> append(popMark());
        case '}' -> push(new LinkedHashMap<>());
        case 'd' -> {
          List<Object> items = popMark();
          push(new LinkedHashMap<>());
          setItems(items);
        }
        case 's' -> {
          Object value = pop();
          setItems(Arrays.asList(pop(), value));
        }
        case 'u' -> setItems(popMark());
        case 0x8f -> push(new LinkedHashSet<>());
        case 0x90 -> addItems(popMark());
        case 'q' -> memo.put((int) (in(1) & 0xff), top());
        case 'r' -> memo.put((int) in(4), top());
        case 0x94 -> memo.put(memo.size(), top());
        case 'h' -> push(recall((int) (in(1) & 0xff)));
        case 'j' -> push(recall((int) in(4)));
        case 'c' -> push(global(line(), line()));
        case 0x93 -> {
          Object name = pop();
          push(global(as(String.class, pop()), as(String.class, name)));
        }
        case 'Q' -> push(storage(as(List.class, pop())));
        case 'R' -> {
          List<?> arguments = as(List.class, pop());
          push(call(as(Global.class, pop()), arguments));
        }
        case 0x81 -> {
          List<?> arguments = as(List.class, pop());
          push(newObject(as(Global.class, pop()), arguments));
        }
        case 'b' -> build(pop());
        default -> throw bad("opcode 0x%02x is not one that weights are made of", opcode);
      }
    }
  }

  // -- reading ---------------------------------------------------------------------------------

  /** The next {@code count} bytes as a little-endian number, sign-extended. */
  private long in(int count) {
    if (in.remaining() < count) {
      throw bad("it ends in the middle");
    }
    return switch (count) {
      case 1 -> in.get();
      case 2 -> in.getShort();
      case 4 -> in.getInt();
      default -> in.getLong();
    };
  }

  private int length(long length) {
    if (length < 0 || length > in.remaining()) {
      throw bad("a value of %s bytes (%d are left)", Long.toUnsignedString(length), in.remaining());
    }
    return (int) length;
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length(length)];
    in.get(bytes);
    return bytes;
  }

  private String text(int length) {
    return new String(bytes(length), StandardCharsets.UTF_8);
  }

  private String line() {
    int start = in.position();
    while (in(1) != '\n') {
      // up to the end of the line
    }
    return new String(in.array(), start, in.position() - start - 1, StandardCharsets.UTF_8);
  }

  private Object integer(int length) {
    if (length == 0) {
      return 0L;
    }
    if (length > 1024) {
      throw bad("an integer of %d bytes (expected: at most 1024)", length);
    }
    byte[] digits = bytes(length);
    for (int i = 0, j = length - 1; i < j; i++, j--) {
      byte digit = digits[i];
      digits[i] = digits[j];
      digits[j] = digit;
    }
    BigInteger value = new BigInteger(digits);
    return value.bitLength() < 64 ? (Object) value.longValue() : value;
  }

  // -- the stack -------------------------------------------------------------------------------

  private void push(Object value) {
    stack.add(value);
  }

  private Object pop() {
    if (stack.isEmpty()) {
      throw bad("its stack is empty");
    }
    return stack.remove(stack.size() - 1);
  }

  private Object top() {
    if (stack.isEmpty()) {
      throw bad("its stack is empty");
    }
    return stack.get(stack.size() - 1);
  }

  private void mark() {
    frames.add(stack);
    stack = new ArrayList<>();
  }

  private List<Object> popMark() {
    if (frames.isEmpty()) {
      throw bad("its mark is missing");
    }
    List<Object> items = stack;
    stack = frames.remove(frames.size() - 1);
    return items;
  }

  private Object recall(int key) {
    if (!memo.containsKey(key)) {
      throw bad("its memo has no entry %d", key);
    }
    return memo.get(key);
  }

  private <T> T as(Class<T> type, Object value) {
    if (!type.isInstance(value)) {
      throw bad("%s (expected: a %s)", kind(value), type.getSimpleName());
    }
    return type.cast(value);
  }

  // -- containers ------------------------------------------------------------------------------

  private static Object nullable(Object value) {
    return value == null ? NULL : value;
  }

  private static final Object NULL = new Object();

  private static List<Object> tuple(List<Object> items) {
    return Collections.unmodifiableList(items);
  }

  private void pushTuple(int size) {
    Object[] items = new Object[size];
    for (int i = size - 1; i >= 0; i--) {
      items[i] = pop();
    }
    push(tuple(Arrays.asList(items)));
  }

  @SuppressWarnings("unchecked")
  private void append(List<Object> items) {
    if (!(top() instanceof ArrayList<?> list)) {
      throw bad("items for %s (expected: a list)", kind(top()));
    }
    for (Object item : items) {
      ((List<Object>) list).add(item == NULL ? null : item);
    }
  }

  private void addItems(List<Object> items) {
    @SuppressWarnings("unchecked")
    Set<Object> set = as(LinkedHashSet.class, top());
    items.forEach(item -> set.add(key(item)));
  }

  private void setItems(List<Object> items) {
    if (items.size() % 2 != 0) {
      throw bad("a key without a value");
    }
    @SuppressWarnings("unchecked")
    Map<Object, Object> map = as(LinkedHashMap.class, top());
    for (int i = 0; i < items.size(); i += 2) {
      map.put(key(items.get(i)), items.get(i + 1));
    }
  }

  /** Only plain values can be keys: hashing a nested one could recurse without end. */
  private Object key(Object value) {
    if (value == null
        || value instanceof String
        || value instanceof Number
        || value instanceof Boolean) {
      return value;
    }
    throw bad("%s as a key (expected: a text or a number)", kind(value));
  }

  // -- what a pickle may call for --------------------------------------------------------------

  private Global global(String module, String name) {
    Global global = new Global(module, name);
    boolean known =
        FUNCTIONS.contains(global.toString())
            || module.startsWith("__torch__")
            || (module.equals("torch") && (STORAGES.containsKey(name) || DTYPES.containsKey(name)));
    if (!known) {
      throw bad(
          "it calls for %s (expected: tensors, containers and numbers only); if you trust its"
              + " author, load it in PyTorch and save its state_dict alone",
          global);
    }
    return global;
  }

  private Storage storage(List<?> id) {
    if (id.size() < 5 || !"storage".equals(id.get(0))) {
      throw bad("an unknown reference to another file");
    }
    Global type = as(Global.class, id.get(1));
    DType dtype = type.module().equals("torch") ? STORAGES.get(type.name()) : null;
    if (dtype == null && !type.name().equals("UntypedStorage")) {
      throw bad("%s is not a type of storage", type);
    }
    return new Storage(as(String.class, id.get(2)), dtype, size(id.get(4)));
  }

  private Object call(Global function, List<?> arguments) {
    return switch (function.toString()) {
      case "collections.OrderedDict" -> orderedDict(arguments);
      case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" -> {
        Storage storage = as(Storage.class, argument(function, arguments, 0));
        yield window(function, storage, storage.dtype, arguments);
      }
      case "torch._utils._rebuild_tensor_v3" -> {
        Storage storage = as(Storage.class, argument(function, arguments, 0));
        Global dtype = as(Global.class, argument(function, arguments, 6));
        yield window(function, storage, DTYPES.get(dtype.name()), arguments);
      }
      case "torch._utils._rebuild_parameter",
          "torch._utils._rebuild_parameter_with_state",
          "torch.nn.parameter.Parameter" ->
          as(Window.class, argument(function, arguments, 0));
      case "torch._tensor._rebuild_from_type_v2" ->
          // func, type, args, state: the tensor behind a subclass
          call(
              plain(as(Global.class, argument(function, arguments, 0))),
              as(List.class, argument(function, arguments, 2)));
      case "torch.Size",
          "torch.device",
          "torch.jit._pickle.build_intlist",
          "torch.jit._pickle.build_doublelist",
          "torch.jit._pickle.build_boollist",
          "torch.jit._pickle.build_tensorlist",
          "torch.jit._pickle.restore_type_tag" ->
          argument(function, arguments, 0);
      default -> throw bad("%s can't be called", function);
    };
  }

  /** Guards against a chain of wrappers that would recurse without end. */
  private Global plain(Global function) {
    if (!function.name().startsWith("_rebuild_tensor")) {
      throw bad("%s inside of a tensor subclass", function);
    }
    return function;
  }

  private Map<Object, Object> orderedDict(List<?> arguments) {
    Map<Object, Object> map = new LinkedHashMap<>();
    if (!arguments.isEmpty()) {
      List<?> items = as(List.class, arguments.get(0));
      charge(items.size());
      for (Object item : items) {
        List<?> pair = as(List.class, item);
        if (pair.size() != 2) {
          throw bad("a key without a value");
        }
        map.put(key(pair.get(0)), pair.get(1));
      }
    }
    return map;
  }

  private Window window(Global function, Storage storage, DType dtype, List<?> arguments) {
    if (dtype == null) {
      throw bad("a tensor without an element type");
    }
    long[] shape = sizes(argument(function, arguments, 2));
    long[] strides = sizes(argument(function, arguments, 3));
    if (shape.length != strides.length) {
      throw bad("%d dimensions with %d strides", shape.length, strides.length);
    }
    return new Window(storage, dtype, size(argument(function, arguments, 1)), shape, strides);
  }

  private Object newObject(Global type, List<?> arguments) {
    if (type.module().startsWith("__torch__")) {
      return new ScriptObject(type.toString(), new LinkedHashMap<>());
    }
    if (type.toString().equals("collections.OrderedDict")) {
      return orderedDict(arguments);
    }
    throw bad("an object of %s can't be made", type);
  }

  private void build(Object state) {
    Object target = top();
    if (target instanceof ScriptObject object && state instanceof Map<?, ?> attributes) {
      charge(attributes.size());
      attributes.forEach((name, value) -> object.attributes.put(String.valueOf(name), value));
    } else if (!(target instanceof Map) && !(target instanceof Window)) {
      // an OrderedDict's _metadata and a tensor's attributes are not needed
      throw bad("a state for %s", kind(target));
    }
  }

  private Object argument(Global function, List<?> arguments, int index) {
    if (index >= arguments.size()) {
      throw bad("%s with %d arguments", function, arguments.size());
    }
    return arguments.get(index);
  }

  private long[] sizes(Object value) {
    List<?> items = as(List.class, value);
    if (items.size() > MAX_DIMENSIONS) {
      throw bad("%d dimensions (expected: at most %d)", items.size(), MAX_DIMENSIONS);
    }
    return items.stream().mapToLong(this::size).toArray();
  }

  private long size(Object value) {
    long size = as(Long.class, value);
    if (size < 0) {
      throw bad("size %d (expected: >= 0)", size);
    }
    return size;
  }

  private void charge(int count) {
    objects += count;
    if (objects > MAX_OBJECTS || objects < 0) {
      throw bad("more than %d objects", MAX_OBJECTS);
    }
  }

  private static String kind(Object value) {
    return value == null ? "None" : value.getClass().getSimpleName();
  }

  private WeightsException bad(String format, Object... values) {
    return new WeightsException(source + ": invalid pickle: " + String.format(format, values));
  }
}
