package dev.troupe.runtime.settings;

import java.util.Optional;

/** What computes, and in which precision. */
@SettingGroup("Device")
public record DeviceSettings(
    @Setting(
            value = "cuda, cuda:N or cpu; cuda falls back to cpu where there is none.",
            byDefault = "cuda",
            label = "DEVICE")
        String device,
    @Setting(value = "Floating-point precision.", byDefault = "amp") Precision precision,
    @Setting(
            value = "CPU threads of each worker (default: the cores, shared among the workers).",
            min = 1,
            label = "N")
        Optional<Integer> threads) {

  /** OpenCLIP's {@code --precision}. */
  public enum Precision {
    AMP,
    AMP_BF16,
    AMP_BFLOAT16,
    BF16,
    FP16,
    PURE_BF16,
    PURE_FP16,
    FP32;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
