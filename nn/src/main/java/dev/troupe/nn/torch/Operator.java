package dev.troupe.nn.torch;

import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorType;
import org.bytedeco.pytorch.Type;

/**
 * An operator of libtorch that has no Java binding, called through the dispatcher.
 *
 * <p>Arguments are given in the order of the operator's schema, keyword arguments included and
 * defaults written out.
 */
public final class Operator {
  private final OperatorHandle handle;

  /**
   * @param name such as {@code aten::_fused_adamw_}
   * @param overload such as {@code tensor_lr}, or an empty string
   */
  public Operator(String name, String overload) {
    try (TensorScope scope = new TensorScope()) {
      OperatorHandle found = Dispatcher.singleton().findSchemaOrThrow(name, overload);
      found.retainReference();
      handle = found;
    }
  }

  /** Calls the operator; its results replace the arguments. */
  public IValueVector call(IValue... arguments) {
    IValueVector stack = new IValueVector(arguments);
    handle.callBoxed(stack);
    return stack;
  }

  /** A list of tensors as an argument. */
  public static IValue list(Iterable<Tensor> tensors) {
    GenericList list = new GenericList(new Type.TypePtr(TensorType.get()));
    for (Tensor tensor : tensors) {
      list.push_back(new IValue(tensor));
    }
    return new IValue(list);
  }

  /** A list without elements in the place of an argument, of the type that the schema wants. */
  public GenericList emptyList(int argument) {
    try (TensorScope scope = new TensorScope()) {
      Type list = handle.schema().arguments().getPointer(argument).type().get();
      GenericList empty = new GenericList(list.containedType(0));
      empty.retainReference();
      return empty;
    }
  }

  /** The absent optional argument. */
  public static IValue none() {
    return new IValue();
  }
}
