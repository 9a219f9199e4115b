package dev.troupe.nn.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Opens weights by what they are, whatever their name ends in. */
public final class WeightsFiles {
  /** The files of a folder that are taken first, in OpenCLIP's order. */
  private static final List<String> PREFERRED =
      List.of(
          "open_clip_model.safetensors",
          "open_clip_pytorch_model.safetensors",
          "open_clip_pytorch_model.bin",
          "open_clip_pytorch_model.pth",
          "model.safetensors",
          "model.safetensors.index.json",
          "pytorch_model.bin",
          "pytorch_model.bin.index.json",
          "pytorch_model.pth",
          "model.pth");

  private static final List<String> ENDINGS =
      List.of(".safetensors", ".bin", ".pth", ".pt", ".npz");

  /** The start of a pickle of PyTorch's own magic number. */
  private static final byte[] LEGACY_MAGIC = {
    (byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, (byte) 0xfc, (byte) 0x9c, 0x46
  };

  private WeightsFiles() {}

  /**
   * Opens a file, a Hugging Face folder or a checkpoint folder.
   *
   * @throws WeightsException if there is none, or it is of no supported format
   */
  public static WeightsFile open(Path path) {
    if (Files.isDirectory(path)) {
      return open(inFolder(path));
    }
    try (MappedFile file = MappedFile.open(path)) {
      byte[] head = file.read(0, (int) Math.min(16, file.size())).array();
      if (head.length >= 4 && head[0] == 'P' && head[1] == 'K' && head[2] == 3) {
        return openZip(path, file);
      }
      if (startsWith(head, LEGACY_MAGIC)) {
        throw new WeightsException(
            path
                + ": in the format of PyTorch before 1.6, which is a chain of pickles (expected: its"
                + " zip format or safetensors); convert it with torch.save(torch.load(FILE,"
                + " weights_only=True), NEW_FILE)");
      }
    }
    if (path.toString().endsWith(".index.json")) {
      return ShardedFile.open(path);
    }
    return SafetensorsFile.open(path);
  }

  private static WeightsFile openZip(Path path, MappedFile file) {
    boolean arrays =
        ZipIndex.read(file).entries().keySet().stream().anyMatch(name -> name.endsWith(".npy"));
    return arrays ? NpzFile.open(path) : TorchFile.open(path);
  }

  /** The file of a folder that holds the weights. */
  private static Path inFolder(Path folder) {
    for (String name : PREFERRED) {
      if (Files.isRegularFile(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> candidates =
          files
              .filter(Files::isRegularFile)
              .filter(file -> ENDINGS.stream().anyMatch(file.toString()::endsWith))
              .sorted()
              .toList();
      if (candidates.size() == 1) {
        return candidates.get(0);
      }
      throw new WeightsException(
          folder
              + (candidates.isEmpty()
                  ? ": no weights in this folder (expected: one of "
                      + String.join(", ", PREFERRED)
                      + ")"
                  : ": several files may be the weights, name one of "
                      + candidates.stream().map(file -> file.getFileName().toString()).toList()));
    } catch (IOException e) {
      throw new UncheckedIOException(folder + ": " + e.getMessage(), e);
    }
  }

  private static boolean startsWith(byte[] bytes, byte[] start) {
    return bytes.length >= start.length
        && ByteBuffer.wrap(Arrays.copyOf(bytes, start.length)).equals(ByteBuffer.wrap(start));
  }
}
