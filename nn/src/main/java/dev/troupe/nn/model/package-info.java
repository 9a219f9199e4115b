/**
 * CLIP models as OpenCLIP 3.3.0 defines them: the same configurations, the same numbers, the same
 * parameter names.
 *
 * <p>{@link dev.troupe.nn.model.ModelConfigs} finds a configuration and {@link
 * dev.troupe.nn.model.ModelConfig} checks it; {@link dev.troupe.nn.model.ClipModels} builds the
 * {@link dev.troupe.nn.model.ClipModel} from an {@link dev.troupe.nn.model.ImageTower} and a {@link
 * dev.troupe.nn.model.TextTower} that {@link dev.troupe.nn.model.Towers} chooses. The towers of
 * OpenCLIP itself are here, those that it takes from timm and Hugging Face in {@code tower}.
 *
 * <p>Start with {@code VisionTransformer} and {@code TextTransformer}: they read like the papers.
 */
package dev.troupe.nn.model;
