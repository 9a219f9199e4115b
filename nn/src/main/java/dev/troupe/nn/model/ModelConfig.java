package dev.troupe.nn.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * A model configuration in OpenCLIP's JSON form, checked as a whole: {@link #of} refuses unknown
 * keys, wrong types and impossible values, all of them at once.
 *
 * @param name the configuration's name, {@code ViT-B-32}
 * @param json the file's content, as it is written next to exported weights
 * @param embedDim values of an image or text feature
 * @param vision the image tower
 * @param text the text tower
 * @param decoder CoCa's text decoder, or null
 * @param quickGelu whether the native towers use OpenAI's approximation of GELU
 * @param customText whether the text tower has its own prefix among the parameter names
 * @param initLogitScale start of {@code logit_scale} (a logarithm)
 * @param initLogitBias start of {@code logit_bias}, or null for a model without one
 * @param nonscalarLogitScale whether both have shape 1 instead of being scalars
 */
public record ModelConfig(
    String name,
    ObjectNode json,
    int embedDim,
    VisionConfig vision,
    TextConfig text,
    DecoderConfig decoder,
    boolean quickGelu,
    boolean customText,
    double initLogitScale,
    Double initLogitBias,
    boolean nonscalarLogitScale) {

  /** ln(1/0.07), where CLIP's temperature starts. */
  public static final double CLIP_LOGIT_SCALE = Math.log(1 / 0.07);

  /**
   * Reads a configuration.
   *
   * @param name the model's name
   * @param json the configuration
   * @param source what messages call it, usually the file's path
   * @throws ConfigException with every problem
   */
  public static ModelConfig of(String name, ObjectNode json, String source) {
    List<String> problems = new ArrayList<>();
    Section top = new Section(json, "", problems);
    top.require("embed_dim");
    top.require("vision_cfg");
    top.require("text_cfg");
    Section vision = top.section("vision_cfg");
    Section text = top.section("text_cfg");
    Section decoder = top.section("multimodal_cfg");
    ModelConfig config =
        new ModelConfig(
            name,
            json.deepCopy(),
            top.integer("embed_dim", 512, 1),
            vision == null ? null : VisionConfig.read(vision),
            text == null ? null : TextConfig.read(text),
            decoder == null ? null : DecoderConfig.read(decoder),
            top.flag("quick_gelu", false),
            top.flag("custom_text", false),
            top.number("init_logit_scale", CLIP_LOGIT_SCALE, -Double.MAX_VALUE, Double.MAX_VALUE),
            top.numberOrNull("init_logit_bias", -Double.MAX_VALUE, Double.MAX_VALUE),
            top.flag("nonscalar_logit_scale", false));
    top.refuseUnknown();
    if (vision != null && text != null) {
      config.check(problems);
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(source, problems);
    }
    return config;
  }

  /** Reads a configuration whose messages call it by its name. */
  public static ModelConfig of(String name, ObjectNode json) {
    return of(name, json, name);
  }

  /** The same model with the options that OpenCLIP's command line can change. */
  public ModelConfig with(ModelOverrides overrides) {
    return of(name, overrides.applyTo(json), name + " with overrides");
  }

  /** Whether the text tower has its own prefix among the names ({@code CustomTextCLIP}, CoCa). */
  public boolean hasTextPrefix() {
    return customText || text.huggingFace() != null;
  }

  /** Whether the model has a text decoder. */
  public boolean isCoCa() {
    return decoder != null && hasTextPrefix();
  }

  private void check(List<String> problems) {
    if (decoder != null && !hasTextPrefix()) {
      problems.add("multimodal_cfg: given without custom_text (expected: custom_text: true)");
    }
    if (!hasTextPrefix() && text.embedCls()) {
      problems.add("text_cfg.embed_cls: true without custom_text (expected: custom_text: true)");
    }
    boolean tanh = text.gelu().equals("tanh") || vision.gelu().equals("tanh");
    if (quickGelu && tanh) {
      problems.add("quick_gelu: true together with act_kwargs.approximate (expected: only one)");
    }
  }
}
