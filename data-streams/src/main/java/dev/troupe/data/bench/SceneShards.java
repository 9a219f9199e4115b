package dev.troupe.data.bench;

import static org.bytedeco.opencv.global.opencv_core.CV_8UC3;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMWRITE_JPEG_QUALITY;
import static org.bytedeco.opencv.global.opencv_imgcodecs.imencode;

import dev.troupe.data.sample.SampleRandom;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Shards of generated scenes, to time the input pipeline on: textures of many scales, shaded discs
 * and grain, as JPEGs of a photograph's size and entropy (mostly 640x480, quality 85 to 95, chroma
 * at half the resolution), each with a caption.
 */
public final class SceneShards {
  private static final int SAMPLES_PER_SHARD = 256;
  private static final int OCTAVES = 7;
  private static final int[][] SIZES = {
    {640, 480}, {640, 480}, {480, 640}, {640, 427}, {500, 375}, {800, 600}
  };

  private SceneShards() {}

  /**
   * Writes {@code scenes-0000.tar} and so on, alike for each call.
   *
   * @return the files
   */
  public static List<Path> write(Path folder, int samples) throws IOException {
    Files.createDirectories(folder);
    List<Path> shards = new ArrayList<>();
    for (int first = 0; first < samples; first += SAMPLES_PER_SHARD) {
      Path shard = folder.resolve(String.format("scenes-%04d.tar", shards.size()));
      try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(shard))) {
        int end = Math.min(samples, first + SAMPLES_PER_SHARD);
        for (int i = first; i < end; i++) {
          String key = String.format("%06d", i);
          add(tar, key + ".jpg", jpeg(i));
          String caption = "a generated scene, number " + i + ", with discs on a rough ground";
          add(tar, key + ".txt", caption.getBytes(StandardCharsets.UTF_8));
        }
      }
      shards.add(shard);
    }
    return shards;
  }

  private static void add(TarArchiveOutputStream tar, String name, byte[] content)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(content.length);
    entry.setModTime(0);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  /** One scene, drawn by its number. */
  static byte[] jpeg(int number) {
    SampleRandom random = new SampleRandom(number);
    int[] size = SIZES[random.below(SIZES.length)];
    byte[] pixels = scene(size[0], size[1], random);
    try (PointerScope scope = new PointerScope()) {
      Mat image = new Mat(size[1], size[0], CV_8UC3, new BytePointer(pixels));
      BytePointer encoded = new BytePointer();
      imencode(".jpg", image, encoded, new IntPointer(IMWRITE_JPEG_QUALITY, 85 + random.below(11)));
      byte[] bytes = new byte[(int) encoded.limit()];
      encoded.get(bytes);
      return bytes;
    }
  }

  private static byte[] scene(int width, int height, SampleRandom random) {
    float[] light = texture(width, height, random);
    float[] hue = texture(width, height, random);
    float[] tint = {(float) random.uniform(0.6, 1), (float) random.uniform(0.6, 1), 0.8f};
    shade(light, width, height, random);
    byte[] pixels = new byte[3 * width * height];
    for (int i = 0; i < width * height; i++) {
      double grain = random.uniform(-5, 5);
      for (int c = 0; c < 3; c++) {
        double value = 255 * light[i] * (tint[c] + 0.5 * (hue[i] - 0.5) * (c - 1)) + grain;
        pixels[3 * i + c] = (byte) Math.max(0, Math.min(255, value));
      }
    }
    return pixels;
  }

  /** Noise of several scales, each finer one weaker, from 0 to 1. */
  private static float[] texture(int width, int height, SampleRandom random) {
    float[] sum = new float[width * height];
    float weight = 0.5f;
    for (int octave = 1; octave <= OCTAVES; octave++, weight *= 0.6f) {
      int cells = 1 << octave;
      float[] grid = new float[(cells + 2) * (cells + 2)];
      for (int i = 0; i < grid.length; i++) {
        grid[i] = weight * (float) random.nextDouble();
      }
      for (int y = 0; y < height; y++) {
        float gy = (float) y * cells / height;
        int row = (int) gy * (cells + 2);
        for (int x = 0; x < width; x++) {
          float gx = (float) x * cells / width;
          int at = row + (int) gx;
          float fx = gx - (int) gx;
          float upper = grid[at] + fx * (grid[at + 1] - grid[at]);
          float lower = grid[at + cells + 2] + fx * (grid[at + cells + 3] - grid[at + cells + 2]);
          sum[y * width + x] += upper + (gy - (int) gy) * (lower - upper);
        }
      }
    }
    return sum;
  }

  /** Lays discs with lit edges over a texture. */
  private static void shade(float[] light, int width, int height, SampleRandom random) {
    for (int disc = 0; disc < 24; disc++) {
      int radius = 6 + random.below(100);
      int cx = random.below(width);
      int cy = random.below(height);
      float brightness = (float) random.nextDouble();
      for (int y = Math.max(0, cy - radius); y < Math.min(height, cy + radius); y++) {
        for (int x = Math.max(0, cx - radius); x < Math.min(width, cx + radius); x++) {
          float distance = (float) Math.hypot(x - cx, y - cy) / radius;
          if (distance < 1) {
            float old = light[y * width + x];
            light[y * width + x] = 0.4f * old + 0.6f * brightness * (1 - 0.5f * distance);
          }
        }
      }
    }
  }
}
