package dev.troupe.nn.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** Writes {@link SafetensorsFile safetensors files}. */
public final class Safetensors {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Safetensors() {}

  /**
   * Writes named tensors, one after the other: no more than one of them is copied at a time, and
   * only if it is on another device or not contiguous. The file appears under its name when it is
   * complete and on the disk.
   *
   * @param tensors in any layout and on any device
   * @param metadata texts for the header; PyTorch's readers expect {@code "format": "pt"}
   * @return the file's length and checksum
   * @throws WeightsException if a tensor's type or name can't be stored
   * @throws UncheckedIOException if the disk is full or not writable
   */
  public static Written write(
      Path path, Map<String, Tensor> tensors, Map<String, String> metadata) {
    // Widest elements first: every tensor is aligned to its element size then.
    List<String> order =
        tensors.keySet().stream()
            .sorted(Comparator.comparingInt((String name) -> -dtype(tensors.get(name)).bytes()))
            .toList();
    byte[] header = header(order, tensors, metadata);
    try (AtomicFile file = new AtomicFile(path)) {
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      file.write(length.putLong(header.length).flip());
      file.write(ByteBuffer.wrap(header));
      for (String name : order) {
        file.write(tensors.get(name));
      }
      return file.commit();
    }
  }

  private static byte[] header(
      List<String> order, Map<String, Tensor> tensors, Map<String, String> metadata) {
    ObjectNode header = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode texts = header.putObject("__metadata__");
      new TreeMap<>(metadata).forEach(texts::put);
    }
    long position = 0;
    for (String name : order) {
      if (name.equals("__metadata__")) {
        throw new WeightsException("a tensor can't be named __metadata__ in a safetensors file");
      }
      Tensor tensor = tensors.get(name);
      ObjectNode entry = header.putObject(name);
      entry.put("dtype", dtype(tensor).name());
      ArrayNode shape = entry.putArray("shape");
      long bytes = dtype(tensor).bytes();
      for (long dimension : shape(tensor)) {
        shape.add(dimension);
        bytes *= dimension;
      }
      entry.putArray("data_offsets").add(position).add(position + bytes);
      position += bytes;
    }
    try {
      byte[] json = JSON.writeValueAsBytes(header);
      byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
      Arrays.fill(padded, json.length, padded.length, (byte) ' ');
      return padded;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static DType dtype(Tensor tensor) {
    return DType.of(tensor.scalar_type());
  }

  static long[] shape(Tensor tensor) {
    try (PointerScope scope = new PointerScope()) {
      long[] shape = new long[(int) tensor.dim()];
      for (int i = 0; i < shape.length; i++) {
        shape[i] = tensor.size(i);
      }
      return shape;
    }
  }
}
