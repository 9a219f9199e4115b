package dev.troupe.nn.collective;

import java.time.Duration;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.global.torch_nccl;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes c10d's backends; each call blocks until the ranks are connected, or throws. */
final class Backends {
  private static final Logger log = LoggerFactory.getLogger(Backends.class);

  private Backends() {}

  static Backend connect(GroupSpec spec, Store store) {
    return spec.kind() == BackendKind.NCCL ? nccl(spec, store) : gloo(spec, store);
  }

  private static Backend gloo(GroupSpec spec, Store store) {
    ProcessGroupGloo.Options options =
        ProcessGroupGloo.Options.create(milliseconds(spec.timeout()));
    // Without a device of ours, Gloo picks the interface that the machine's name resolves to.
    options.devices(new GlooDeviceVector(ProcessGroupGloo.createDeviceForHostname(spec.host())));
    return new ProcessGroupGloo(store, spec.rank(), spec.worldSize(), options);
  }

  private static Backend nccl(GroupSpec spec, Store store) {
    requireNccl();
    ProcessGroupNCCL.Options options = ProcessGroupNCCL.Options.create();
    options.timeout(milliseconds(spec.timeout()));
    return new ProcessGroupNCCL(store, spec.rank(), spec.worldSize(), options);
  }

  /** Loads NCCL's bindings, which only the GPU build of libtorch has. */
  private static void requireNccl() {
    try {
      Loader.load(torch_nccl.class);
    } catch (LinkageError | TypeNotPresentException e) {
      throw new IllegalStateException(
          "NCCL is not in this build of libtorch; build with -Pcuda on a machine with NVIDIA GPUs,"
              + " or use --device cpu",
          e);
    }
    if (!"0".equals(System.getenv("TORCH_NCCL_ASYNC_ERROR_HANDLING"))) {
      log.warn(
          "NCCL's watchdog ends this process when a peer is lost; start it through ./troupe, or set"
              + " TORCH_NCCL_ASYNC_ERROR_HANDLING=0");
    }
  }

  private static Milliseconds milliseconds(Duration duration) {
    return new Milliseconds(duration.toMillis());
  }
}
