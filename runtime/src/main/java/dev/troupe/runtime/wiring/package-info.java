/**
 * What training, evaluation and embedding set up alike: the model ({@link
 * dev.troupe.runtime.wiring.ChosenModel}) and its weights, what its inputs look like, the streams
 * of data, and the device.
 */
package dev.troupe.runtime.wiring;
