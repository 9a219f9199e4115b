package dev.troupe.nn.torch;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loads libtorch and sets what holds for a process or a thread. */
public final class Torch {
  private static final Logger log = LoggerFactory.getLogger(Torch.class);
  private static final String BLAS_PROPERTY = "org.bytedeco.openblas.load";
  private static final String MKL = "org/bytedeco/mkl/linux-x86_64/libmkl_rt.so.2";
  private static boolean loaded;

  private Torch() {}

  /**
   * Loads the native libraries, with MKL for matrix products where its jar is on the class path and
   * OpenBLAS, with a warning, where it is not. Must be the first use of libtorch in the process;
   * further calls do nothing. The first run on a machine unpacks 330 MB, which takes some seconds.
   */
  public static synchronized void load() {
    if (loaded) {
      return;
    }
    if (System.getProperty(BLAS_PROPERTY) == null) {
      if (Torch.class.getClassLoader().getResource(MKL) != null) {
        System.setProperty(BLAS_PROPERTY, "mkl_rt");
      } else {
        log.warn(
            "MKL is not on the class path: matrix products fall back to OpenBLAS, about half as fast"
                + " (add org.bytedeco:mkl with the classifier linux-x86_64-redist)");
      }
    }
    Loader.load(torch.class);
    loaded = true;
  }

  /**
   * Sets how many threads an operator started by the calling thread may use. Each worker thread has
   * its own number, so that several workers share a machine without oversubscribing it.
   */
  public static void threads(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("threads: " + n + " (expected: >= 1)");
    }
    torch.set_num_threads(n);
  }

  /**
   * The device of a name such as {@code cpu}, {@code cuda} or {@code cuda:1}.
   *
   * @throws IllegalArgumentException if there is no such device here; says what is missing
   */
  public static Device device(String name) {
    if (!name.matches("cpu|cuda(:\\d+)?")) {
      throw new IllegalArgumentException("device: " + name + " (expected: cpu, cuda or cuda:N)");
    }
    if (name.startsWith("cuda")) {
      int index = name.length() > 4 ? Integer.parseInt(name.substring(5)) : 0;
      int count = torch.cuda_is_available() ? torch.cuda_device_count() : 0;
      if (index >= count) {
        throw new IllegalArgumentException(
            "device: "
                + name
                + " (expected: one of "
                + count
                + " CUDA devices that libtorch sees); build with -Pcuda on a machine with an NVIDIA"
                + " GPU and driver, or use --device cpu");
      }
    }
    return new Device(name.equals("cuda") ? "cuda:0" : name);
  }
}
