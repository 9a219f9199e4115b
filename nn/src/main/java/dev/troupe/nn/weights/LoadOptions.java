package dev.troupe.nn.weights;

/**
 * How weights are fitted to a model.
 *
 * @param strict whether a missing, unexpected or misshaped tensor is an error; if not, what fits is
 *     loaded and the rest reported
 * @param resizePositions whether position embeddings are stretched to the model's image size and
 *     context length; OpenCLIP does so for {@code --pretrained}, not for {@code --resume}
 */
public record LoadOptions(boolean strict, boolean resizePositions) {
  /** As OpenCLIP loads {@code --pretrained}. */
  public static final LoadOptions PRETRAINED = new LoadOptions(true, true);

  /** As OpenCLIP loads {@code --resume}: everything must fit as it is. */
  public static final LoadOptions RESUME = new LoadOptions(true, false);
}
