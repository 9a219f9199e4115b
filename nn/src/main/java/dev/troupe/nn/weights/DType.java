package dev.troupe.nn.weights;

import java.util.Optional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Element types of stored tensors, under safetensors' names for them. */
public enum DType {
  BOOL(1, ScalarType.Bool),
  U8(1, ScalarType.Byte),
  I8(1, ScalarType.Char),
  F8_E5M2(1, ScalarType.Float8_e5m2),
  F8_E4M3(1, ScalarType.Float8_e4m3fn),
  I16(2, ScalarType.Short),
  U16(2, ScalarType.UInt16),
  F16(2, ScalarType.Half),
  BF16(2, ScalarType.BFloat16),
  I32(4, ScalarType.Int),
  U32(4, ScalarType.UInt32),
  F32(4, ScalarType.Float),
  C64(8, ScalarType.ComplexFloat),
  F64(8, ScalarType.Double),
  I64(8, ScalarType.Long),
  U64(8, ScalarType.UInt64);

  private final int bytes;
  private final ScalarType scalarType;

  DType(int bytes, ScalarType scalarType) {
    this.bytes = bytes;
    this.scalarType = scalarType;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** libtorch's name for the type. */
  public ScalarType scalarType() {
    return scalarType;
  }

  /** The type that libtorch calls {@code type}. */
  public static DType of(ScalarType type) {
    for (DType candidate : values()) {
      if (candidate.scalarType == type.intern()) {
        return candidate;
      }
    }
    throw new WeightsException("element type " + type + " can't be stored in a weights file");
  }

  /** The type with a safetensors name, if there is one. */
  public static Optional<DType> named(String name) {
    for (DType candidate : values()) {
      if (candidate.name().equals(name)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }
}
