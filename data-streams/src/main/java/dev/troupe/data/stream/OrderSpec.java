package dev.troupe.data.stream;

/**
 * In which order samples come.
 *
 * @param seed {@code --seed}: seed of the shuffle and of every sample's random choices
 * @param epochs {@code --epochs}
 * @param globalBatch samples of a step over all workers
 */
public record OrderSpec(long seed, int epochs, int globalBatch) {
  public OrderSpec {
    if (epochs < 1) {
      throw new DataException("epochs: " + epochs + " (expected: >= 1)");
    }
    if (globalBatch < 1) {
      throw new DataException("global batch: " + globalBatch + " (expected: >= 1)");
    }
  }
}
