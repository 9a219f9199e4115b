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
    return torch.cuda_is_available() ? "cuda:" + localIndex % torch.cuda_device_count() : "cpu";
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
