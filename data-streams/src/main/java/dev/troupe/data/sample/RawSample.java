package dev.troupe.data.sample;

/**
 * A sample as it stands in the data set.
 *
 * @param image the encoded image
 * @param caption the caption, empty where none is read
 */
public record RawSample(byte[] image, String caption) {}
