/**
 * The FastViT trunks of MobileCLIP; start with {@link dev.troupe.nn.model.tower.fastvit.FastVit},
 * then {@link dev.troupe.nn.model.tower.fastvit.MobileOneBlock}, of which most of it is made.
 */
package dev.troupe.nn.model.tower.fastvit;
