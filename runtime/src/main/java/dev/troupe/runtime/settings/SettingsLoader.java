package dev.troupe.runtime.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Builds settings from a CONFIG file and flags: flags override the file, the file overrides the
 * defaults. Whatever is wrong is told at once.
 *
 * @param <T> a record of groups, {@link TrainSettings} for one
 */
public final class SettingsLoader<T extends Record> {
  private final Class<T> type;
  private final Map<String, SettingKey> keys;
  private final Map<String, SettingKey> offered;
  private final Map<String, RawValue> given = new LinkedHashMap<>();
  private final List<String> notes = new ArrayList<>();
  private final Problems problems = new Problems(given);

  public SettingsLoader(Class<T> type) {
    this.type = type;
    this.keys = SettingKey.of(type);
    this.offered = SettingKey.offered(type);
  }

  /** Takes the settings of a HOCON file; {@code ${troupe.home}} is the project's folder there. */
  public SettingsLoader<T> file(Path file) {
    if (!Files.isRegularFile(file)) {
      problems.text("%s: no such file (expected: a CONFIG file in HOCON)".formatted(file));
      return this;
    }
    Config parsed;
    Config resolved;
    try {
      ConfigParseOptions options = ConfigParseOptions.defaults().setAllowMissing(false);
      parsed = ConfigFactory.parseFile(file.toFile(), options);
      Config places =
          ConfigFactory.parseMap(Map.of("troupe.home", System.getProperty("troupe.home", ".")));
      resolved = parsed.withFallback(places).resolve();
    } catch (ConfigException e) {
      problems.text("%s: not readable as HOCON: %s".formatted(file, e.getMessage()));
      return this;
    }
    for (String name : parsed.root().keySet()) {
      ConfigValue value = resolved.root().get(name);
      if (value.valueType() == ConfigValueType.NULL) {
        continue;
      }
      ConfigOrigin origin = value.origin();
      Path source = origin.filename() == null ? file : Path.of(origin.filename());
      Path folder = source.toAbsolutePath().getParent();
      String where = shorten(source) + ":" + origin.lineNumber();
      put(name, new RawValue(value.unwrapped(), where, folder));
    }
    return this;
  }

  private static String shorten(Path file) {
    Path here = Path.of("").toAbsolutePath();
    Path whole = file.toAbsolutePath().normalize();
    return (whole.startsWith(here) ? here.relativize(whole) : whole).toString();
  }

  /**
   * Takes a flag of the command line.
   *
   * @param name without dashes
   * @param value a String, or a List of them
   */
  public SettingsLoader<T> flag(String name, Object value) {
    put(name, RawValue.flag(name, value));
    return this;
  }

  /** Something else that is wrong, to be told with the rest. */
  public SettingsLoader<T> problem(String text) {
    problems.text(text);
    return this;
  }

  private void put(String name, RawValue raw) {
    OpenClipFlag known = OpenClipFlag.ALL.get(name);
    if (offered.containsKey(name)) {
      given.put(name, raw);
    } else if (known == null) {
      problems.text(
          "%s: no such setting%s%s".formatted(name, DidYouMean.hint(name, names()), raw.where()));
    } else if ("false".equals(raw.text())) {
      return;
    } else if (known.refused()) {
      problems.text("%s: not supported: %s%s".formatted(name, known.reason(), raw.where()));
    } else {
      notes.add("%s has no effect: %s".formatted(name, known.reason()));
    }
  }

  private Set<String> names() {
    Set<String> names = new LinkedHashSet<>(offered.keySet());
    names.addAll(OpenClipFlag.ALL.keySet());
    return names;
  }

  /** What the user should know although nothing is wrong. Complete after {@link #load()}. */
  public List<String> notes() {
    return List.copyOf(notes);
  }

  /**
   * Builds and checks the settings.
   *
   * @throws SettingsException with every problem
   */
  public T load() {
    T settings = assemble();
    if (settings instanceof Checked checked) {
      checked.check(problems);
    }
    problems.throwIfAny();
    return settings;
  }

  /** The settings without the conditions between them, or null where some cannot be read. */
  T assemble() {
    Map<String, Object> values = new LinkedHashMap<>();
    Map<String, String> defaults = defaults();
    boolean readable = true;
    for (SettingKey key : keys.values()) {
      RawValue raw = given.get(key.name());
      if (raw == null && !defaults.get(key.name()).isEmpty()) {
        raw = new RawValue(defaults.get(key.name()), "the defaults", Path.of(""));
      }
      try {
        values.put(key.name(), ValueReader.read(key, raw));
      } catch (IllegalArgumentException e) {
        problems.add(key.name(), e.getMessage());
        readable = false;
      }
    }
    return readable ? build(values) : null;
  }

  private Map<String, String> defaults() {
    Map<String, String> defaults = new LinkedHashMap<>();
    keys.forEach((name, key) -> defaults.put(name, key.setting().byDefault()));
    if (keys.containsKey("model") && keys.containsKey("beta2")) {
      RawValue model = given.get("model");
      defaults.putAll(
          OptimizationSettings.modelDefaults(model == null ? defaults.get("model") : model.text()));
    }
    return defaults;
  }

  private T build(Map<String, Object> values) {
    List<Object> groups = new ArrayList<>();
    for (RecordComponent group : type.getRecordComponents()) {
      Class<? extends Record> groupType = group.getType().asSubclass(Record.class);
      List<Object> arguments = new ArrayList<>();
      for (SettingKey key : keys.values()) {
        if (key.group() == groupType) {
          arguments.add(values.get(key.name()));
        }
      }
      groups.add(construct(groupType, arguments));
    }
    return construct(type, groups);
  }

  private static <R extends Record> R construct(Class<R> type, List<Object> arguments) {
    Class<?>[] types = new Class<?>[arguments.size()];
    RecordComponent[] components = type.getRecordComponents();
    for (int i = 0; i < types.length; i++) {
      types[i] = components[i].getType();
    }
    try {
      return type.getDeclaredConstructor(types).newInstance(arguments.toArray());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + ": cannot be built from " + arguments, e);
    }
  }
}
