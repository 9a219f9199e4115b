package dev.troupe.nn.weights;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Writes checkpoints that {@code torch.load(FILE, weights_only=True)} reads. */
public final class TorchCheckpoint {
  private static final String ROOT = "archive/";

  private TorchCheckpoint() {}

  /**
   * Writes a dictionary: a state by name, or {@code epoch}, {@code name} and {@code state_dict} as
   * OpenCLIP's training checkpoints have them. Values may be tensors, texts, numbers, booleans,
   * null, lists and maps of such.
   *
   * <p>The file appears under its name when it is complete and on the disk.
   *
   * @throws IllegalArgumentException if a value is of another kind
   */
  public static Written write(Path path, Map<String, ?> dictionary) {
    Pickler pickler = new Pickler();
    byte[] pickle = pickler.dump(dictionary);
    try (AtomicFile file = new AtomicFile(path)) {
      ZipWriter zip = new ZipWriter(file);
      zip.add(ROOT + "data.pkl", pickle);
      zip.add(ROOT + "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
      List<Tensor> tensors = pickler.tensors();
      for (int i = 0; i < tensors.size(); i++) {
        zip.add(ROOT + "data/" + i, tensors.get(i), tensors.get(i).nbytes());
      }
      zip.add(ROOT + "version", "3\n".getBytes(StandardCharsets.US_ASCII));
      zip.finish();
      return file.commit();
    }
  }
}
