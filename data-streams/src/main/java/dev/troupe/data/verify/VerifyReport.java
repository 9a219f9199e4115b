package dev.troupe.data.verify;

import java.util.List;
import java.util.Map;

/**
 * What a data set holds and what is wrong with it.
 *
 * @param shards number of shards
 * @param samples samples found, broken ones too
 * @param broken samples that cannot be used
 * @param imageBytes bytes of all encoded images
 * @param formats images by format, as told from their content
 * @param widths image widths, in pixels
 * @param heights image heights
 * @param captionLengths caption lengths, in characters
 * @param emptyCaptions captions without a letter
 * @param longCaptions captions of as many CLIP tokens as fit (77) or more, which are cut in
 *     training
 * @param repeatedKeys samples whose key stands earlier in the same shard
 * @param repeatedImages samples whose image, to the byte, stands earlier in the data set
 * @param repeatedPairs those of them that have the same caption too
 * @param wrongCounts shards that hold another number of samples than is stated, in words
 * @param damages lost parts of shards and lost shards, in words
 * @param reasons broken samples by reason, numbers in the reasons left out
 */
public record VerifyReport(
    int shards,
    long samples,
    long broken,
    long imageBytes,
    Map<String, Long> formats,
    Spread widths,
    Spread heights,
    Spread captionLengths,
    long emptyCaptions,
    long longCaptions,
    long repeatedKeys,
    long repeatedImages,
    long repeatedPairs,
    List<String> wrongCounts,
    List<String> damages,
    Map<String, Long> reasons) {

  /** Whether nothing is broken, lost or miscounted; repetitions are allowed. */
  public boolean isSound() {
    return samples > 0 && broken == 0 && wrongCounts.isEmpty() && damages.isEmpty();
  }
}
