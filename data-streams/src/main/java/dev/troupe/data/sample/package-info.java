/**
 * Samples: how the members of a tar or the rows of a table become image-text pairs, where captions
 * stand, and what happens to a pair that cannot be used.
 *
 * <p>Start at {@link dev.troupe.data.sample.SampleSource}.
 */
package dev.troupe.data.sample;
