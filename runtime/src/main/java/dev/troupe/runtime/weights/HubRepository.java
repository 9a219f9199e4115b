package dev.troupe.runtime.weights;

import dev.troupe.nn.weights.WeightsException;
import java.util.regex.Pattern;

/**
 * A repository of the Hugging Face hub.
 *
 * @param id {@code ORG/NAME}
 * @param revision a branch, tag or commit
 */
record HubRepository(String id, String revision) {
  /** How names of repositories begin, in OpenCLIP's {@code --model} and here. */
  static final String PREFIX = "hf-hub:";

  private static final String MAIN = "main";
  private static final Pattern ID = Pattern.compile("[\\w.-]+/[\\w.-]+");
  private static final Pattern REVISION = Pattern.compile("[\\w./-]+");

  /** The newest version of a repository. */
  static HubRepository of(String id) {
    return new HubRepository(id, MAIN);
  }

  /**
   * Reads {@code ORG/NAME} or {@code ORG/NAME@REVISION}.
   *
   * @throws WeightsException if it is neither
   */
  static HubRepository parse(String text) {
    int at = text.indexOf('@');
    HubRepository repository =
        at < 0 ? of(text) : new HubRepository(text.substring(0, at), text.substring(at + 1));
    if (!ID.matcher(repository.id).matches()
        || !REVISION.matcher(repository.revision).matches()
        || repository.revision.contains("..")) {
      throw new WeightsException(
          PREFIX + text + " (expected: hf-hub:ORG/NAME or hf-hub:ORG/NAME@REVISION)");
    }
    return repository;
  }

  /** The name alone. */
  String name() {
    return id.substring(id.indexOf('/') + 1);
  }

  @Override
  public String toString() {
    return PREFIX + id + (revision.equals(MAIN) ? "" : "@" + revision);
  }
}
