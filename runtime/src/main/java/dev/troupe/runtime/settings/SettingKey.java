package dev.troupe.runtime.settings;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A setting as declared by a record component.
 *
 * @param name the flag without its dashes
 * @param group the record it belongs to
 * @param component where its value goes
 * @param setting what is declared of it
 */
public record SettingKey(
    String name, Class<? extends Record> group, RecordComponent component, Setting setting) {

  /**
   * The settings of a record of groups, by name.
   *
   * @param type a record whose components are records of {@link Setting}s
   */
  public static Map<String, SettingKey> of(Class<? extends Record> type) {
    Map<String, SettingKey> keys = new LinkedHashMap<>();
    for (RecordComponent group : type.getRecordComponents()) {
      Class<? extends Record> groupType = group.getType().asSubclass(Record.class);
      for (RecordComponent component : groupType.getRecordComponents()) {
        String name = kebab(component.getName());
        Setting setting = component.getAnnotation(Setting.class);
        if (keys.put(name, new SettingKey(name, groupType, component, setting)) != null) {
          throw new IllegalArgumentException(name + ": declared twice");
        }
      }
    }
    return keys;
  }

  /** Those of a record's settings that a user of its command is offered. */
  public static Map<String, SettingKey> offered(Class<? extends Record> type) {
    Map<String, SettingKey> keys = of(type);
    if (type != TrainSettings.class) {
      keys.values().removeIf(key -> key.setting().training());
    }
    return keys;
  }

  private static String kebab(String camel) {
    return camel.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  /** Whether it is a switch: {@code --siglip}. */
  public boolean isSwitch() {
    return component.getType() == boolean.class;
  }

  /** Whether it takes several values. */
  public boolean isList() {
    return component.getType() == List.class;
  }

  /** Whether it may be absent. */
  public boolean isOptional() {
    return component.getType() == Optional.class;
  }

  /** The type of the value, or of each of its values. */
  public Class<?> valueType() {
    if (component.getGenericType() instanceof ParameterizedType parameterized) {
      Type argument = parameterized.getActualTypeArguments()[0];
      return (Class<?>) argument;
    }
    return component.getType();
  }

  /** The legal values of an enumeration, as written; empty for other types. */
  public List<String> choices() {
    Object[] constants = valueType().getEnumConstants();
    return constants == null
        ? List.of()
        : Stream.of(constants)
            .map(String::valueOf)
            .collect(Collectors.toCollection(ArrayList::new));
  }

  /** The values of {@code settings} by setting name, as a user would write them. */
  public static Map<String, String> describe(Record settings) {
    Map<String, String> values = new LinkedHashMap<>();
    for (RecordComponent group : settings.getClass().getRecordComponents()) {
      Record groupValue = (Record) get(group, settings);
      for (RecordComponent component : groupValue.getClass().getRecordComponents()) {
        values.put(kebab(component.getName()), text(get(component, groupValue)));
      }
    }
    return values;
  }

  private static Object get(RecordComponent component, Record holder) {
    try {
      return component.getAccessor().invoke(holder);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(component + ": not readable", e);
    }
  }

  /** A value as OpenCLIP writes it to {@code params.txt}, but for absent ones: empty. */
  public static String text(Object value) {
    if (value instanceof Optional<?> optional) {
      return optional.map(SettingKey::text).orElse("");
    }
    if (value instanceof List<?> list) {
      return list.stream().map(SettingKey::text).collect(Collectors.joining(" "));
    }
    return value instanceof Double number ? python(number) : String.valueOf(value);
  }

  /** Python's {@code repr}: {@code 0.0005}, {@code 1e-08}. */
  private static String python(double number) {
    double size = Math.abs(number);
    if (number == 0 || (size >= 1e-4 && size < 1e16)) {
      return BigDecimal.valueOf(number).stripTrailingZeros().scale() <= 0
          ? BigDecimal.valueOf(number).toBigInteger() + ".0"
          : BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }
    String[] parts = String.valueOf(number).split("E");
    int exponent = Integer.parseInt(parts[1]);
    return parts[0].replaceFirst("\\.0$", "")
        + String.format(Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
  }
}
