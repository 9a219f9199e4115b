package dev.troupe.nn.weights;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What was loaded.
 *
 * @param path the file or folder
 * @param loaded number of tensors copied into the model
 * @param layout how the file names its tensors: {@code OpenCLIP}, {@code Hugging Face CLIP}…
 * @param resized names of position embeddings that were stretched
 * @param defaulted names that the file lacks and that were given their neutral value
 * @param missing names that the model has and the file lacks; empty unless loading was not strict
 * @param unexpected names that the file has and the model lacks; empty unless not strict
 * @param misshaped names whose shapes differ; empty unless not strict
 * @param metadata what the file says beside its tensors
 */
public record LoadReport(
    Path path,
    int loaded,
    String layout,
    List<String> resized,
    List<String> defaulted,
    List<String> missing,
    List<String> unexpected,
    List<String> misshaped,
    Map<String, String> metadata) {

  /** One line for the log. */
  public String summary() {
    List<String> notes = new ArrayList<>();
    if (!layout.equals("OpenCLIP")) {
      notes.add("converted from " + layout);
    }
    note(notes, "resized", resized);
    note(notes, "set to 0", defaulted);
    note(notes, "missing", missing);
    note(notes, "unexpected", unexpected);
    note(notes, "misshaped", misshaped);
    return "loaded "
        + loaded
        + " tensors from "
        + path
        + (notes.isEmpty() ? "" : " (" + String.join("; ", notes) + ")");
  }

  private static void note(List<String> notes, String what, List<String> names) {
    if (!names.isEmpty()) {
      notes.add(what + ": " + NameGroups.describe(names));
    }
  }
}
