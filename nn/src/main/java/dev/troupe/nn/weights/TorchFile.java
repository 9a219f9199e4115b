package dev.troupe.nn.weights;

import dev.troupe.nn.weights.Unpickler.ScriptObject;
import dev.troupe.nn.weights.Unpickler.Window;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * A PyTorch checkpoint ({@code .pt}, {@code .pth}, {@code .bin}) in the zip format that {@code
 * torch.save} has written since PyTorch 1.6, or a TorchScript archive as OpenAI publishes its CLIP
 * models: the state is read, the code never run.
 *
 * <p>The tensors are those of the first of these that holds any: the file's dictionary itself; its
 * entry {@code state_dict} (OpenCLIP's training checkpoints), {@code model_state_dict}, {@code
 * module} or {@code model}; the modules of a TorchScript archive. Texts and numbers beside them
 * ({@code epoch}, {@code name}) are {@link #metadata}.
 */
public final class TorchFile implements WeightsFile {
  private static final int MAX_PICKLE_BYTES = 64 << 20;
  private static final int MAX_NAMES = 1_000_000;
  private static final int MAX_DEPTH = 100;

  /** More elements than its storage has are possible with stride 0; a file may not claim many. */
  private static final long MAX_REPEATED_ELEMENTS = 1 << 20;

  private static final List<String> STATE_KEYS =
      List.of("state_dict", "model_state_dict", "module", "model");

  /** What OpenAI's archives keep among their weights, and OpenCLIP drops. */
  private static final Set<String> SCRIPT_SETTINGS =
      Set.of("input_resolution", "context_length", "vocab_size");

  private final MappedFile file;
  private final ZipIndex zip;
  private final String folder;
  private final Map<String, Window> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private int visited;

  private TorchFile(MappedFile file, ZipIndex zip, String folder) {
    this.file = file;
    this.zip = zip;
    this.folder = folder;
  }

  /**
   * Opens a checkpoint.
   *
   * @throws WeightsException if it is missing, damaged, in the format before PyTorch 1.6, or calls
   *     for code
   */
  public static TorchFile open(Path path) {
    MappedFile file = MappedFile.open(path);
    try {
      ZipIndex zip = ZipIndex.read(file);
      TorchFile torchFile = new TorchFile(file, zip, rootFolder(file, zip));
      torchFile.readIndex();
      return torchFile;
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static String rootFolder(MappedFile file, ZipIndex zip) {
    for (String name : zip.entries().keySet()) {
      if (name.endsWith("/data.pkl") && name.indexOf('/') == name.length() - 9) {
        return name.substring(0, name.length() - 8);
      }
    }
    throw new WeightsException(
        file.path() + ": a zip archive without data.pkl (expected: a PyTorch checkpoint)");
  }

  private void readIndex() {
    ZipIndex.Entry order = zip.entries().get(folder + "byteorder");
    if (order != null
        && !new String(zip.bytes(order, 16), StandardCharsets.UTF_8).trim().equals("little")) {
      throw bad("written on a big-endian machine; load and save it there in safetensors' format");
    }
    byte[] pickle = zip.bytes(zip.entries().get(folder + "data.pkl"), MAX_PICKLE_BYTES);
    Object root = Unpickler.load(file.path() + ": data.pkl", pickle);
    if (root instanceof ScriptObject script) {
      collect("", script, 0);
      tensors.keySet().removeAll(SCRIPT_SETTINGS);
    } else if (root instanceof Map<?, ?> map) {
      readDictionary(map);
    }
    if (tensors.isEmpty()) {
      throw bad("no tensors in it (expected: a state_dict or a dictionary with one)");
    }
    tensors.forEach(this::check);
  }

  private void readDictionary(Map<?, ?> root) {
    addTensors(root);
    for (String key : STATE_KEYS) {
      if (tensors.isEmpty() && root.get(key) instanceof Map<?, ?> state) {
        addTensors(state);
      }
    }
    root.forEach(
        (key, value) -> {
          if (value instanceof String || value instanceof Number) {
            metadata.put(String.valueOf(key), String.valueOf(value));
          }
        });
  }

  private void addTensors(Map<?, ?> state) {
    state.forEach(
        (name, value) -> {
          if (name instanceof String text && value instanceof Window window) {
            tensors.put(text, window);
          }
        });
  }

  /** Names tensors by the path of attributes that leads to them, as state_dict() does. */
  private void collect(String prefix, ScriptObject object, int depth) {
    if (depth > MAX_DEPTH) {
      throw bad("modules nested deeper than %d", MAX_DEPTH);
    }
    object
        .attributes()
        .forEach(
            (name, value) -> {
              if (++visited > MAX_NAMES) {
                throw bad("more than %d attributes", MAX_NAMES);
              }
              if (value instanceof Window window) {
                tensors.put(prefix + name, window);
              } else if (value instanceof ScriptObject child) {
                collect(prefix + name + ".", child, depth + 1);
              }
            });
  }

  private void check(String name, Window window) {
    ZipIndex.Entry entry = zip.entries().get(entryName(window));
    if (entry == null) {
      throw bad("%s: its data %s is not in the archive", name, entryName(window));
    }
    try {
      long stored =
          Math.multiplyExact(
              window.storage().count(),
              window.storage().dtype() == null ? 1L : window.storage().dtype().bytes());
      if (stored > entry.size()) {
        throw bad("%s: %d bytes of data (expected: at least %d)", name, entry.size(), stored);
      }
      long count = Shapes.elements(window.shape());
      long last = window.offset();
      for (int i = 0; i < window.shape().length; i++) {
        last =
            Math.addExact(
                last, Math.multiplyExact(Math.max(0, window.shape()[i] - 1), window.strides()[i]));
      }
      long available = stored / window.dtype().bytes();
      if (count > 0 && last >= available) {
        throw bad("%s: reaches to element %d of a storage of %d elements", name, last, available);
      }
      if (count > available && count > MAX_REPEATED_ELEMENTS) {
        throw bad("%s: %d elements from a storage of %d elements", name, count, available);
      }
    } catch (ArithmeticException e) {
      throw bad("%s: its size is too large", name);
    }
  }

  private String entryName(Window window) {
    return folder + "data/" + window.storage().key();
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public long[] shape(String name) {
    return window(name).shape().clone();
  }

  @Override
  public DType dtype(String name) {
    return window(name).dtype();
  }

  @Override
  public Tensor tensor(String name) {
    Window window = window(name);
    ZipIndex.Entry entry = zip.entries().get(entryName(window));
    if (Shapes.elements(window.shape()) == 0) {
      return torch.empty(window.shape(), new TensorOptions(window.dtype().scalarType()), null);
    }
    // Only the span that the tensor covers: a shared storage may be much larger.
    long span = 1;
    for (int i = 0; i < window.shape().length; i++) {
      span += (window.shape()[i] - 1) * window.strides()[i];
    }
    return zip.storage(entry, window.offset() * window.dtype().bytes(), window.dtype(), span)
        .as_strided(window.shape(), window.strides(), new LongOptional());
  }

  @Override
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  @Override
  public void close() {
    file.close();
  }

  private Window window(String name) {
    Window window = tensors.get(name);
    if (window == null) {
      throw bad("no tensor named %s", name);
    }
    return window;
  }

  private WeightsException bad(String format, Object... values) {
    return new WeightsException(file.path() + ": " + String.format(format, values));
  }
}
