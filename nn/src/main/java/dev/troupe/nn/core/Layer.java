package dev.troupe.nn.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A named tree of parameters, buffers and child layers, with the dotted names of OpenCLIP's state
 * dictionaries.
 *
 * <p>A subclass registers what it owns in its constructor ({@link #parameter}, {@link #buffer},
 * {@link #child}) and offers a {@code forward} of its own signature. Constructors allocate without
 * filling; {@link #initialize()} draws the first weights, so that a model whose weights are about
 * to be loaded pays for neither.
 *
 * <p><b>Native memory:</b> a layer owns its tensors: they outlive the scope in which the layer was
 * built, and {@link #close()} frees them.
 */
public abstract class Layer implements AutoCloseable {
  private final Map<String, Tensor> parameters = new LinkedHashMap<>();
  private final Map<String, Tensor> buffers = new LinkedHashMap<>();
  private final Map<String, Layer> children = new LinkedHashMap<>();
  private final List<Tensor> constants = new ArrayList<>();
  private boolean training = true;

  /** A float32 tensor with undefined content, on the device that {@link Allocation} names. */
  protected static Tensor empty(long... shape) {
    return Allocation.empty(torch.ScalarType.Float, shape);
  }

  /** A tensor of the given type with undefined content; without a shape, a scalar. */
  protected static Tensor empty(torch.ScalarType type, long... shape) {
    return Allocation.empty(type, shape);
  }

  /** Registers a trainable parameter under this layer's own name for it. */
  protected final Tensor parameter(String name, Tensor value) {
    value.retainReference();
    value.requires_grad_(true);
    parameters.put(name, value);
    return value;
  }

  /**
   * Registers a tensor that is saved with the weights but not trained (BatchNorm's running
   * statistics).
   */
  protected final Tensor buffer(String name, Tensor value) {
    value.retainReference();
    buffers.put(name, value);
    return value;
  }

  /**
   * Makes a tensor that the layer owns and neither trains nor saves: a table that follows from its
   * settings.
   */
  protected final Tensor constant(float[] values, long... shape) {
    Tensor table = empty(shape);
    table.retainReference();
    constants.add(table);
    Init.quietly(table, t -> t.copy_(Tensor.create(values, shape)));
    return table;
  }

  /**
   * Registers a child layer; a name may hold dots ({@code "transformer.resblocks.0"}) or be empty
   * for a child whose names stand among this layer's own.
   */
  protected final <L extends Layer> L child(String name, L layer) {
    children.put(name, layer);
    return layer;
  }

  /**
   * Draws the first weights, as OpenCLIP does, from libtorch's default generator: this layer's,
   * then its children's.
   */
  public void initialize() {
    for (Layer child : children.values()) {
      child.initialize();
    }
  }

  /** Trainable parameters by dotted name, in the order of registration. */
  public final Map<String, Tensor> parameters() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    walk(
        "",
        (prefix, layer) ->
            layer.parameters.forEach((name, value) -> all.put(prefix + name, value)));
    return all;
  }

  /** Saved, untrained tensors by dotted name. */
  public final Map<String, Tensor> buffers() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    walk(
        "",
        (prefix, layer) -> layer.buffers.forEach((name, value) -> all.put(prefix + name, value)));
    return all;
  }

  /** Everything that a weights file holds: parameters, then buffers. */
  public final Map<String, Tensor> state() {
    Map<String, Tensor> all = parameters();
    all.putAll(buffers());
    return all;
  }

  /** Direct children, by name. */
  public final Map<String, Layer> children() {
    return new LinkedHashMap<>(children);
  }

  /** Switches this layer and its children between training and inference (BatchNorm, dropout). */
  public final void train(boolean on) {
    walk("", (prefix, layer) -> layer.training = on);
  }

  /** Whether dropout and BatchNorm behave as in training. */
  public final boolean isTraining() {
    return training;
  }

  /** Shows this layer and all below it, each with the prefix of its tensors' names. */
  public final void visit(BiConsumer<String, Layer> visitor) {
    walk("", visitor);
  }

  private void walk(String prefix, BiConsumer<String, Layer> visitor) {
    visitor.accept(prefix, this);
    children.forEach(
        (name, layer) -> layer.walk(name.isEmpty() ? prefix : prefix + name + ".", visitor));
  }

  /** Frees every tensor of the tree. The layer must not be used afterwards. */
  @Override
  public void close() {
    List<Tensor> owned = new ArrayList<>(state().values());
    walk("", (prefix, layer) -> owned.addAll(layer.constants));
    owned.forEach(Tensor::releaseReference);
  }
}
