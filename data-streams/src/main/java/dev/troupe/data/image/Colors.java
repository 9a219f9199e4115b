package dev.troupe.data.image;

/** PIL's changes of colour, to the bit, in place on RGB pixels. */
final class Colors {
  private Colors() {}

  /** {@code ImageEnhance.Brightness}: towards black below 1, away from it above. */
  static void brightness(byte[] rgb, float factor) {
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = blend(0, rgb[i] & 0xff, factor);
    }
  }

  /** {@code ImageEnhance.Contrast}: towards the mean grey below 1, away from it above. */
  static void contrast(byte[] rgb, float factor) {
    long sum = 0;
    for (int i = 0; i < rgb.length; i += 3) {
      sum += grey(rgb, i);
    }
    int mean = (int) ((double) sum / (rgb.length / 3) + 0.5);
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = blend(mean, rgb[i] & 0xff, factor);
    }
  }

  /** {@code ImageEnhance.Color}: towards each pixel's grey below 1, away from it above. */
  static void saturation(byte[] rgb, float factor) {
    for (int i = 0; i < rgb.length; i += 3) {
      int grey = grey(rgb, i);
      for (int c = i; c < i + 3; c++) {
        rgb[c] = blend(grey, rgb[c] & 0xff, factor);
      }
    }
  }

  /**
   * torchvision's {@code adjust_hue}: turns the hue, stored in 8 bits as PIL's HSV.
   *
   * @param turn part of a full turn, -0.5 to 0.5
   */
  static void hue(byte[] rgb, double turn) {
    int shift = (int) (turn * 255);
    for (int i = 0; i < rgb.length; i += 3) {
      int r = rgb[i] & 0xff;
      int g = rgb[i + 1] & 0xff;
      int b = rgb[i + 2] & 0xff;
      int value = Math.max(r, Math.max(g, b));
      int range = value - Math.min(r, Math.min(g, b));
      int saturation = 0;
      int hue = shift & 0xff;
      if (range > 0) {
        saturation = clip((int) ((float) range / value * 255.0));
        hue = hue8(r, g, b, value, range) + shift & 0xff;
      }
      fromHsv(rgb, i, hue, saturation, value);
    }
  }

  /** Every channel becomes the grey value. */
  static void toGrey(byte[] rgb) {
    for (int i = 0; i < rgb.length; i += 3) {
      byte grey = (byte) grey(rgb, i);
      rgb[i] = grey;
      rgb[i + 1] = grey;
      rgb[i + 2] = grey;
    }
  }

  /** PIL's mode L: ITU-R 601 luma in 16 bits of fixed point. */
  private static int grey(byte[] rgb, int at) {
    return ((rgb[at] & 0xff) * 19595
            + (rgb[at + 1] & 0xff) * 38470
            + (rgb[at + 2] & 0xff) * 7471
            + 0x8000)
        >> 16;
  }

  /** {@code Image.blend}: from {@code start} at 0 to {@code end} at 1, and beyond. */
  private static byte blend(int start, int end, float factor) {
    return (byte) clip((int) (start + factor * (end - start)));
  }

  private static int hue8(int r, int g, int b, int max, int range) {
    float red = (float) (max - r) / range;
    float green = (float) (max - g) / range;
    float blue = (float) (max - b) / range;
    float sixths;
    if (r == max) {
      sixths = blue - green;
    } else if (g == max) {
      sixths = (float) (2.0 + red - blue);
    } else {
      sixths = (float) (4.0 + green - red);
    }
    float turn = (float) ((sixths / 6.0 + 1.0) % 1.0);
    return clip((int) (turn * 255.0));
  }

  private static void fromHsv(byte[] rgb, int at, int hue, int saturation, int value) {
    if (saturation == 0) {
      put(rgb, at, value, value, value);
      return;
    }
    int sector = (int) ((float) hue * 6.0 / 255.0);
    float rest = (float) ((float) hue * 6.0 / 255.0 - sector);
    float s = (float) (saturation / 255.0);
    int p = round(value * (1.0 - s));
    int q = round(value * (1.0 - s * rest));
    int t = round(value * (1.0 - s * (1.0 - rest)));
    switch (sector % 6) {
      case 0:
        put(rgb, at, value, t, p);
        break;
      case 1:
        put(rgb, at, q, value, p);
        break;
      case 2:
        put(rgb, at, p, value, t);
        break;
      case 3:
        put(rgb, at, p, q, value);
        break;
      case 4:
        put(rgb, at, t, p, value);
        break;
      default:
        put(rgb, at, value, p, q);
    }
  }

  private static void put(byte[] rgb, int at, int r, int g, int b) {
    rgb[at] = (byte) r;
    rgb[at + 1] = (byte) g;
    rgb[at + 2] = (byte) b;
  }

  /** Half away from zero, as C's round. */
  private static int round(double value) {
    return clip((int) Math.floor(value + 0.5));
  }

  private static int clip(int value) {
    return Math.max(0, Math.min(255, value));
  }
}
