package dev.troupe.runtime.settings;

import dev.troupe.runtime.settings.Setting.Kind;
import java.util.Optional;

/** What is evaluated. */
@SettingGroup("Zero-shot evaluation")
public record EvaluationSettings(
    @Setting(
            value = "Zero-shot data: folders of images by class, or WebDataset tars with .cls.",
            label = "DIR|SHARDS",
            kind = Kind.PATH)
        Optional<String> zeroshotData,
    @Setting(value = "Class names, one a line.", label = "FILE", kind = Kind.PATH)
        Optional<String> classnames,
    @Setting(
            value = "Prompt templates with {} for the class, one a line.",
            label = "FILE",
            kind = Kind.PATH)
        Optional<String> templates,
    @Setting(value = "Samples encoded at a time (default: --batch-size).", min = 1, label = "N")
        Optional<Integer> evalBatchSize) {

  void check(Problems problems) {
    if (zeroshotData.isPresent() && classnames.isEmpty()) {
      problems.missing("classnames", "a file of class names, for zeroshot-data");
    }
  }
}
