/**
 * The trunks that timm builds from its vision transformer: ViTamin, MobileCLIP-B and CLIP's plain
 * ViT; start with {@link dev.troupe.nn.model.tower.vit.VitTrunk}, then {@link
 * dev.troupe.nn.model.tower.vit.VitSpec}.
 */
package dev.troupe.nn.model.tower.vit;
