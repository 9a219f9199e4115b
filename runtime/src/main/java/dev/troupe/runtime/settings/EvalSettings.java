package dev.troupe.runtime.settings;

/** What {@code ./troupe eval} can be told, by group. */
public record EvalSettings(
    ModelSettings model,
    DataSettings data,
    EvaluationSettings evaluation,
    ImageSettings image,
    DeviceSettings device,
    StorageSettings storage)
    implements Checked {
  /** Samples encoded at a time, unless {@code --eval-batch-size} says otherwise. */
  public static final int BATCH = 64;

  @Override
  public void check(Problems problems) {
    if (data.valData().isEmpty() && evaluation.zeroshotData().isEmpty()) {
      problems.missing("val-data", "shards of pairs to evaluate on, or zeroshot-data");
    }
    evaluation.check(problems);
    image.check(problems);
    model.check(problems);
  }
}
