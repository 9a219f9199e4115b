package dev.troupe.nn.weights;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A tensor of a weights file, or made from some of it, that is not read until it is needed.
 *
 * @param shape its dimensions
 * @param read reads it, into the caller's scope
 */
record StoredTensor(long[] shape, Supplier<Tensor> read) {

  /** Everything in a file, by name. */
  static Map<String, StoredTensor> of(WeightsFile file) {
    Map<String, StoredTensor> state = new LinkedHashMap<>();
    for (String name : file.names()) {
      state.put(name, new StoredTensor(file.shape(name), () -> file.tensor(name)));
    }
    return state;
  }

  /** The same tensor after a function that gives it another shape. */
  StoredTensor map(long[] newShape, UnaryOperator<Tensor> function) {
    return new StoredTensor(newShape, () -> function.apply(read.get()));
  }

  StoredTensor reshape(long... newShape) {
    return map(newShape, tensor -> tensor.reshape(newShape));
  }

  /** A matrix with rows and columns exchanged. */
  StoredTensor transposed() {
    return map(new long[] {shape[1], shape[0]}, Tensor::t);
  }

  /** One entry along the first dimension. */
  StoredTensor row(long index) {
    return map(Arrays.copyOfRange(shape, 1, shape.length), tensor -> tensor.select(0, index));
  }

  /** Some tensors one after the other along the first dimension; the others must agree. */
  static StoredTensor joined(List<StoredTensor> parts) {
    long[] shape = parts.get(0).shape.clone();
    shape[0] = parts.stream().mapToLong(part -> part.shape[0]).sum();
    return new StoredTensor(
        shape,
        () ->
            torch.cat(
                new TensorVector(
                    parts.stream().map(part -> part.read.get()).toArray(Tensor[]::new)),
                0));
  }

  boolean hasShape(long... expected) {
    return Arrays.equals(shape, expected);
  }

  long elements() {
    return Shapes.elements(shape);
  }
}
