package dev.troupe.nn.weights;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Named tensors in a file, of whatever format.
 *
 * <p><b>Native memory:</b> {@link #tensor} gives a view of the mapped file. It belongs to the
 * caller's {@link org.bytedeco.javacpp.PointerScope} and keeps the mapping alive by itself: closing
 * the file while a tensor is in use is safe. Writing into such a tensor changes this process's copy
 * of the page, never the file.
 */
public interface WeightsFile extends AutoCloseable {
  /** Where the tensors are read from. */
  Path path();

  /** Names of all tensors, in the order of the file. */
  Set<String> names();

  /**
   * The dimensions of a tensor; none for a scalar.
   *
   * @throws WeightsException if there is no such tensor
   */
  long[] shape(String name);

  /**
   * The element type of a tensor.
   *
   * @throws WeightsException if there is no such tensor
   */
  DType dtype(String name);

  /**
   * A tensor of the file, on the CPU.
   *
   * @throws WeightsException if there is no such tensor
   */
  Tensor tensor(String name);

  /** What else the file says, as text; empty for most formats. */
  Map<String, String> metadata();

  /** Lets go of the mapping; tensors in use keep it. */
  @Override
  void close();
}
