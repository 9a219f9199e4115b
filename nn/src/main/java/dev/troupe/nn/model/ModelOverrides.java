package dev.troupe.nn.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * What OpenCLIP's command line changes in a configuration; null leaves a value as it is.
 *
 * @param quickGelu {@code --force-quick-gelu}
 * @param customText {@code --force-custom-text}
 * @param patchDropout {@code --force-patch-dropout}, in [0, 1)
 * @param imageSize {@code --force-image-size}: one number, or height and width
 * @param contextLength {@code --force-context-length}
 * @param initLogitScale start of the logit scale (a logarithm)
 * @param initLogitBias start of the logit bias, which gives the model one
 */
public record ModelOverrides(
    boolean quickGelu,
    boolean customText,
    Double patchDropout,
    List<Integer> imageSize,
    Integer contextLength,
    Double initLogitScale,
    Double initLogitBias) {

  /** Changes nothing. */
  public static final ModelOverrides NONE =
      new ModelOverrides(false, false, null, null, null, null, null);

  /** What {@code --siglip} sets: scale ln 10, bias −10. */
  public ModelOverrides forSigLip() {
    return new ModelOverrides(
        quickGelu, customText, patchDropout, imageSize, contextLength, Math.log(10), -10.0);
  }

  ObjectNode applyTo(ObjectNode original) {
    ObjectNode json = original.deepCopy();
    ObjectNode vision = (ObjectNode) json.get("vision_cfg");
    ObjectNode text = (ObjectNode) json.get("text_cfg");
    if (quickGelu) {
      json.put("quick_gelu", true);
    }
    if (customText) {
      json.put("custom_text", true);
    }
    if (patchDropout != null) {
      vision.put("patch_dropout", patchDropout);
    }
    if (imageSize != null && imageSize.size() == 1) {
      vision.put("image_size", imageSize.get(0));
    } else if (imageSize != null) {
      ArrayNode size = vision.putArray("image_size");
      imageSize.forEach(size::add);
    }
    if (contextLength != null) {
      text.put("context_length", contextLength);
    }
    if (initLogitScale != null) {
      json.put("init_logit_scale", initLogitScale);
    }
    if (initLogitBias != null) {
      json.put("init_logit_bias", initLogitBias);
    }
    return json;
  }
}
