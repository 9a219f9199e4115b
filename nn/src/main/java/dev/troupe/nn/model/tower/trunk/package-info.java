/**
 * What the image trunks share: the {@link dev.troupe.nn.model.tower.trunk.Trunk} itself, the
 * settings that OpenCLIP's {@code TimmModel} passes on, timm's pooling, its attention pooling,
 * patch dropout and its way of drawing first weights.
 */
package dev.troupe.nn.model.tower.trunk;
