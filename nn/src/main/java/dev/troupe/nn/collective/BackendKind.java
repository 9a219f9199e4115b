package dev.troupe.nn.collective;

import org.bytedeco.pytorch.Device;

/** Which implementation of c10d's collectives carries the tensors. */
public enum BackendKind {
  /** TCP between processes, for tensors in host memory. */
  GLOO,
  /** NVIDIA's collectives, for tensors on CUDA devices. */
  NCCL;

  /** The backend for tensors on {@code device}. */
  public static BackendKind of(Device device) {
    return device.is_cuda() ? NCCL : GLOO;
  }
}
