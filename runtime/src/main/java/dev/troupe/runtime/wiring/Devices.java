package dev.troupe.runtime.wiring;

import dev.troupe.nn.torch.Torch;
import dev.troupe.nn.train.Precision;
import dev.troupe.runtime.settings.DeviceSettings;
import org.bytedeco.pytorch.global.torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which device and precision the settings come to on this machine. */
public final class Devices {
  private static final Logger log = LoggerFactory.getLogger(Devices.class);

  private Devices() {}

  /**
   * OpenCLIP's rule: {@code cuda} where there is one, else the CPU. With several devices, each
   * worker of the process takes its own; a device given by number must be there.
   */
  public static String of(String asked, int localIndex) {
    Torch.load();
    if (!asked.equals("cuda")) {
      return asked;
    }
    if (!torch.cuda_is_available()) {
      if (localIndex == 0) {
        log.warn(
            "device cuda: libtorch sees no CUDA device, this runs on the CPU (a GPU needs NVIDIA's"
                + " driver and a build with TROUPE_MAVEN_OPTS=-Pcuda; --device cpu is quiet)");
      }
      return "cpu";
    }
    return "cuda:" + localIndex % torch.cuda_device_count();
  }

  /** {@code amp}, OpenCLIP's default, means fp32 on a CPU. */
  public static Precision precision(DeviceSettings.Precision asked, String device) {
    if (asked == DeviceSettings.Precision.AMP && device.equals("cpu")) {
      log.info("precision amp: fp32 on a CPU");
      return Precision.FP32;
    }
    return Precision.of(asked.toString());
  }
}
