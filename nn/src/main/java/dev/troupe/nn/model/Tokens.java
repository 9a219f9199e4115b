package dev.troupe.nn.model;

import org.bytedeco.pytorch.Tensor;

/**
 * What a tower gives to a decoder.
 *
 * @param pooled one feature a sample, B×D
 * @param tokens the vectors of patches or words, B×N×W
 */
public record Tokens(Tensor pooled, Tensor tokens) {}
