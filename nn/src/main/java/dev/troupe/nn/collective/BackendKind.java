package dev.troupe.nn.collective;

/** Which implementation of c10d's collectives carries the tensors. */
public enum BackendKind {
  /** TCP between processes, for tensors in host memory. */
  GLOO,
  /** NVIDIA's collectives, for tensors on CUDA devices. */
  NCCL;

  /** The backend for tensors on {@code device}, such as {@code cpu} or {@code cuda:1}. */
  public static BackendKind of(String device) {
    return device.startsWith("cuda") ? NCCL : GLOO;
  }
}
