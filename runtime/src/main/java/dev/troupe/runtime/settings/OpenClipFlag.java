package dev.troupe.runtime.settings;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A flag of OpenCLIP's trainer that Troupe knows by name but has no setting for.
 *
 * @param values whether values follow it on the command line
 * @param refused whether a run that asks for it cannot be trained as meant; else it has no effect
 *     on the result, and a note says so
 * @param reason what is said of it
 */
public record OpenClipFlag(boolean values, boolean refused, String reason) {
  /** The flags, by name. */
  public static final Map<String, OpenClipFlag> ALL = all();

  private static Map<String, OpenClipFlag> all() {
    Map<String, OpenClipFlag> all = new LinkedHashMap<>();
    all.put("imagenet-val", refused(true, "use --zeroshot-data, --classnames and --templates"));
    all.put("imagenet-v2", refused(true, "use --zeroshot-data, --classnames and --templates"));
    all.put("momentum", refused(true, "only timm's optimizers use it; --opt adamw does not"));
    all.put("use-bn-sync", refused(false, "BatchNorm sees one micro-batch at a time"));
    all.put(
        "pretrained-image", refused(false, "ImageNet weights cannot be fetched; use --pretrained"));
    all.put("use-bnb-linear", refused(true, "bitsandbytes' int8 layers exist only in Python"));
    all.put("trace", refused(false, "a traced model cannot be trained"));
    all.put("remote-sync-protocol", refused(true, "--remote-sync tells the store by its address"));
    all.put(
        "remote-sync-frequency", note(true, "each checkpoint is stored as soon as it is whole"));
    all.put("log-local", note(false, "the process of rank 0 logs"));
    all.put("torchscript", note(false, "the models are compiled already"));
    all.put("torchcompile", note(false, "the models are compiled already"));
    all.put("horovod", note(false, "workers find each other through --seed-nodes"));
    all.put("dist-url", note(true, "workers find each other through --seed-nodes"));
    all.put("dist-backend", note(true, "NCCL on GPUs, Gloo on CPUs"));
    all.put("ddp-static-graph", note(false, "gradients are reduced without DDP"));
    all.put("no-set-device-rank", note(false, "each worker takes the device of its number"));
    all.put("copy-codebase", note(false, "params.txt names the version that ran"));
    all.put("wandb-notes", note(true, "wandb is not reported to"));
    all.put("wandb-project-name", note(true, "wandb is not reported to"));
    return all;
  }

  private static OpenClipFlag refused(boolean values, String reason) {
    return new OpenClipFlag(values, true, reason);
  }

  private static OpenClipFlag note(boolean values, String reason) {
    return new OpenClipFlag(values, false, reason);
  }
}
