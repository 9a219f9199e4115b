package dev.troupe.runtime.settings;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns a value as written into the type that its setting is declared with. */
final class ValueReader {
  private static final Pattern SIZE =
      Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kmgt]?)(i?)b?", Pattern.CASE_INSENSITIVE);

  private ValueReader() {}

  /**
   * Reads a value.
   *
   * @param raw the value as written, or null for an absent one
   * @throws IllegalArgumentException whose message is what was expected
   */
  static Object read(SettingKey key, RawValue raw) {
    if (key.isList()) {
      return list(key, raw);
    }
    if (raw == null || (key.isOptional() && "".equals(raw.value()))) {
      return absent(key);
    }
    Object value = one(key, key.valueType(), raw.value(), raw.folder());
    return key.isOptional() ? Optional.of(value) : value;
  }

  private static Object absent(SettingKey key) {
    if (key.isOptional()) {
      return Optional.empty();
    }
    if (key.isSwitch()) {
      return false;
    }
    if (key.valueType() == AugmentationSettings.class) {
      return AugmentationReader.read(Map.of());
    }
    throw new IllegalArgumentException("a value");
  }

  private static List<Object> list(SettingKey key, RawValue raw) {
    List<Object> values = new ArrayList<>();
    if (raw != null) {
      List<?> items = raw.value() instanceof List<?> many ? many : List.of(raw.value());
      for (Object item : items) {
        List<?> parts =
            item instanceof String text
                ? Arrays.asList(text.trim().split("[,\\s]+"))
                : List.of(item);
        for (Object part : parts) {
          if (!"".equals(part)) {
            values.add(one(key, key.valueType(), part, raw.folder()));
          }
        }
      }
    }
    return List.copyOf(values);
  }

  private static Object one(SettingKey key, Class<?> type, Object value, Path folder) {
    if (type == AugmentationSettings.class) {
      return AugmentationReader.read(value);
    }
    if (value instanceof List<?> || value instanceof Map<?, ?>) {
      throw new IllegalArgumentException("a single value");
    }
    String text = String.valueOf(value);
    if (type == boolean.class) {
      return bool(text);
    }
    if (type == String.class) {
      return path(key.setting().kind(), text, folder);
    }
    if (type == ByteSize.class) {
      return size(text);
    }
    if (type.isEnum()) {
      return constant(key, type, text);
    }
    return number(key.setting(), type, text);
  }

  private static boolean bool(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true", "yes", "on" -> true;
      case "false", "no", "off" -> false;
      default -> throw new IllegalArgumentException("true or false");
    };
  }

  private static Object constant(SettingKey key, Class<?> type, String text) {
    for (Object constant : type.getEnumConstants()) {
      if (constant.toString().equalsIgnoreCase(text)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        "one of " + String.join(", ", key.choices()) + DidYouMean.hint(text, key.choices()));
  }

  private static Object number(Setting setting, Class<?> type, String text) {
    boolean whole = type != double.class && type != Double.class;
    BigDecimal number;
    try {
      number = new BigDecimal(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(expected(setting, whole), e);
    }
    double value = number.doubleValue();
    if (value < setting.min() || value > setting.max()) {
      throw new IllegalArgumentException(expected(setting, whole));
    }
    try {
      if (type == int.class || type == Integer.class) {
        return number.intValueExact();
      }
      if (type == long.class || type == Long.class) {
        return number.longValueExact();
      }
      return value;
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(expected(setting, whole), e);
    }
  }

  private static String expected(Setting setting, boolean whole) {
    String what = whole ? "a whole number" : "a number";
    boolean low = setting.min() != Double.NEGATIVE_INFINITY;
    boolean high = setting.max() != Double.POSITIVE_INFINITY;
    if (low && high) {
      return what + " from " + plain(setting.min()) + " to " + plain(setting.max());
    }
    return low ? what + " >= " + plain(setting.min()) : what;
  }

  private static String plain(double bound) {
    return BigDecimal.valueOf(bound).stripTrailingZeros().toPlainString();
  }

  static ByteSize size(String text) {
    Matcher matcher = SIZE.matcher(text.trim());
    if (!matcher.matches()) {
      throw new IllegalArgumentException("a size such as 20 GiB");
    }
    int power =
        " kmgt"
            .indexOf(
                matcher.group(2).isEmpty()
                    ? ' '
                    : Character.toLowerCase(matcher.group(2).charAt(0)));
    long base = matcher.group(3).isEmpty() ? 1000 : 1024;
    double bytes = Double.parseDouble(matcher.group(1)) * Math.pow(base, power);
    return new ByteSize((long) bytes);
  }

  private static String path(Setting.Kind kind, String text, Path folder) {
    return switch (kind) {
      case TEXT -> text;
      case PATH ->
          String.join(
              "::", Arrays.stream(text.split("::")).map(part -> against(folder, part)).toList());
      case NAME_OR_PATH ->
          text.startsWith("./") || text.startsWith("../")
              ? against(folder, text)
              : text.startsWith("local-dir:")
                  ? "local-dir:" + against(folder, text.substring("local-dir:".length()))
                  : text;
    };
  }

  private static String against(Path folder, String path) {
    boolean asItIs =
        folder.toString().isEmpty()
            || path.isEmpty()
            || path.startsWith("/")
            || path.contains(":")
            || path.equalsIgnoreCase("none");
    return asItIs ? path : folder.resolve(path).normalize().toString();
  }
}
