package dev.troupe.runtime.checkpoint;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A committed checkpoint.
 *
 * @param folder its folder
 * @param manifest its files
 * @param state where the run stood
 */
public record Checkpoint(Path folder, Manifest manifest, RunState state) {
  static final String MODEL = "model.safetensors";
  static final String OPTIMIZER = "optimizer.safetensors";
  static final String STATE = "state.json";
  public static final String MANIFEST = "manifest.json";
  static final ObjectMapper JSON =
      new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

  /** The weights and buffers, with OpenCLIP's names. */
  public Path model() {
    return folder.resolve(MODEL);
  }

  /** AdamW's moments: {@code exp_avg.NAME} and {@code exp_avg_sq.NAME}. */
  public Path optimizer() {
    return folder.resolve(OPTIMIZER);
  }

  /**
   * Opens a checkpoint and verifies the size and checksum of each of its files.
   *
   * @throws CheckpointException naming the file that is missing or damaged
   */
  public static Checkpoint open(Path folder) {
    Path manifestFile = folder.resolve(MANIFEST);
    if (!Files.isRegularFile(manifestFile)) {
      throw new CheckpointException(
          folder + ": not a checkpoint (expected: a folder with " + MANIFEST + ")");
    }
    try {
      Manifest manifest = JSON.readValue(manifestFile.toFile(), Manifest.class);
      List<String> problems = new ArrayList<>();
      for (var entry : manifest.files().entrySet()) {
        problem(folder.resolve(entry.getKey()), entry.getValue(), problems);
      }
      if (!problems.isEmpty()) {
        throw new CheckpointException(
            folder + ": damaged: " + String.join("; ", problems) + ". Resume from an older one.");
      }
      RunState state = JSON.readValue(folder.resolve(STATE).toFile(), RunState.class);
      return new Checkpoint(folder, manifest, state);
    } catch (IOException e) {
      throw new CheckpointException(folder + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static void problem(Path file, Manifest.Entry expected, List<String> problems)
      throws IOException {
    if (!Files.isRegularFile(file)) {
      problems.add(file.getFileName() + " is missing");
    } else if (Files.size(file) != expected.bytes()) {
      problems.add(
          "%s has %d bytes (expected: %d)"
              .formatted(file.getFileName(), Files.size(file), expected.bytes()));
    } else if (!Checksums.sha256(file).equals(expected.sha256())) {
      problems.add(file.getFileName() + " does not have the checksum that was written with it");
    }
  }
}
