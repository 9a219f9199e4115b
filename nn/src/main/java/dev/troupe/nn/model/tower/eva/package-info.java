/**
 * EVA, EVA-02 and Perception Encoder image trunks: {@link dev.troupe.nn.model.tower.eva.Eva} is the
 * trunk, {@link dev.troupe.nn.model.tower.eva.EvaSpec} says which parts a member of the family has.
 */
package dev.troupe.nn.model.tower.eva;
