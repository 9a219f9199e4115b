package dev.troupe.data.stream;

import dev.troupe.data.sample.Captions;
import java.nio.file.Path;

/**
 * Which samples there are: the settings that say what is read, not in which order.
 *
 * @param location {@code --train-data} or {@code --val-data}: paths, globs, {@code {000..123}}
 *     braces, {@code http(s)://} and {@code s3://} addresses, joined by {@code ::}; null for {@link
 *     Type#SYNTHETIC}
 * @param type {@code --dataset-type}
 * @param captions where captions stand; {@link Captions.JsonField} for {@code --caption-key}
 * @param csvSeparator {@code --csv-separator}
 * @param csvImageKey {@code --csv-img-key}
 * @param csvCaptionKey {@code --csv-caption-key}
 * @param samples {@code --train-num-samples}: samples of an epoch; null for as many as the data has
 * @param resampled {@code --dataset-resampled}: shards are drawn with replacement
 * @param upsamplingFactors {@code --train-data-upsampling-factors}, weights joined by {@code ::};
 *     or null
 * @param index folder that {@code troupe index} wrote; null to look beside the shards
 */
public record DataSpec(
    String location,
    Type type,
    Captions captions,
    String csvSeparator,
    String csvImageKey,
    String csvCaptionKey,
    Long samples,
    boolean resampled,
    String upsamplingFactors,
    Path index) {

  /** Kinds of data sets. */
  public enum Type {
    /** Told from the location's ending. */
    AUTO,
    /** Tars of samples. */
    WEBDATASET,
    /** Tables with a column of image paths and one of captions. */
    CSV,
    /** Black images with one caption, for tests of speed. */
    SYNTHETIC,
    /** Image files under a folder, in the order of their paths, without captions. */
    FOLDER
  }

  /** OpenCLIP's defaults for a location. */
  public static DataSpec of(String location) {
    return new DataSpec(
        location, Type.AUTO, Captions.txt(), "\t", "filepath", "title", null, false, null, null);
  }

  public DataSpec withType(Type value) {
    return new DataSpec(
        location,
        value,
        captions,
        csvSeparator,
        csvImageKey,
        csvCaptionKey,
        samples,
        resampled,
        upsamplingFactors,
        index);
  }

  public DataSpec withCaptions(Captions value) {
    return new DataSpec(
        location,
        type,
        value,
        csvSeparator,
        csvImageKey,
        csvCaptionKey,
        samples,
        resampled,
        upsamplingFactors,
        index);
  }

  public DataSpec withCsv(String separator, String imageKey, String captionKey) {
    return new DataSpec(
        location,
        type,
        captions,
        separator,
        imageKey,
        captionKey,
        samples,
        resampled,
        upsamplingFactors,
        index);
  }

  public DataSpec withSamples(Long value) {
    return new DataSpec(
        location,
        type,
        captions,
        csvSeparator,
        csvImageKey,
        csvCaptionKey,
        value,
        resampled,
        upsamplingFactors,
        index);
  }

  public DataSpec withResampling(boolean value, String factors) {
    return new DataSpec(
        location,
        type,
        captions,
        csvSeparator,
        csvImageKey,
        csvCaptionKey,
        samples,
        value,
        factors,
        index);
  }

  public DataSpec withIndex(Path folder) {
    return new DataSpec(
        location,
        type,
        captions,
        csvSeparator,
        csvImageKey,
        csvCaptionKey,
        samples,
        resampled,
        upsamplingFactors,
        folder);
  }
}
