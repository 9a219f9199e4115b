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
 * @param csv how tables are read
 * @param samples {@code --train-num-samples}: samples of an epoch; null for as many as the data has
 * @param resampling whether shards are drawn with replacement
 * @param index folder that {@code troupe index} wrote; null to look beside the shards
 */
public record DataSpec(
    String location,
    Type type,
    Captions captions,
    Csv csv,
    Long samples,
    Resampling resampling,
    Path index) {

  /**
   * The form of tables.
   *
   * @param separator {@code --csv-separator}
   * @param imageKey {@code --csv-img-key}
   * @param captionKey {@code --csv-caption-key}
   */
  public record Csv(String separator, String imageKey, String captionKey) {}

  /**
   * Drawing with replacement.
   *
   * @param on {@code --dataset-resampled}
   * @param factors {@code --train-data-upsampling-factors}, weights joined by {@code ::}; or null
   */
  public record Resampling(boolean on, String factors) {}

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
        location,
        Type.AUTO,
        Captions.txt(),
        new Csv("\t", "filepath", "title"),
        null,
        new Resampling(false, null),
        null);
  }

  public DataSpec withType(Type value) {
    return new DataSpec(location, value, captions, csv, samples, resampling, index);
  }

  public DataSpec withCaptions(Captions value) {
    return new DataSpec(location, type, value, csv, samples, resampling, index);
  }

  public DataSpec withCsv(String separator, String imageKey, String captionKey) {
    Csv value = new Csv(separator, imageKey, captionKey);
    return new DataSpec(location, type, captions, value, samples, resampling, index);
  }

  public DataSpec withSamples(Long value) {
    return new DataSpec(location, type, captions, csv, value, resampling, index);
  }

  public DataSpec withResampling(boolean on, String factors) {
    Resampling value = new Resampling(on, factors);
    return new DataSpec(location, type, captions, csv, samples, value, index);
  }

  public DataSpec withIndex(Path folder) {
    return new DataSpec(location, type, captions, csv, samples, resampling, folder);
  }
}
