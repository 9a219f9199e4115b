/** ConvNeXt image trunks; start with {@link dev.troupe.nn.model.tower.convnext.ConvNext}. */
package dev.troupe.nn.model.tower.convnext;
