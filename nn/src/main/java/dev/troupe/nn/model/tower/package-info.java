/**
 * The towers that OpenCLIP takes from other libraries: {@link dev.troupe.nn.model.tower.TimmTower},
 * an image tower from timm, and {@link dev.troupe.nn.model.tower.text.HfTextTower}, a text tower
 * from Hugging Face's transformers; written anew, with their numerics, names and first weights.
 *
 * <p>{@link dev.troupe.nn.model.tower.Trunks} knows timm's names; each family of trunks has a
 * package of its own: {@code convnext}, {@code eva} (EVA, EVA-02, PE-Core), {@code vit} (ViTamin,
 * MobileCLIP-B), {@code fastvit} (MobileCLIP). A family is one file for the trunk, with a table of
 * its sizes, and a file for each kind of block. Start with {@link
 * dev.troupe.nn.model.tower.convnext.ConvNext}, the shortest.
 */
package dev.troupe.nn.model.tower;
