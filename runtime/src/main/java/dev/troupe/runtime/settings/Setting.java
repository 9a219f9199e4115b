package dev.troupe.runtime.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares a record component as a setting: a flag of the command line and a key of a CONFIG file
 * at once. The name is the component's in kebab-case ({@code batchSize}: {@code --batch-size} and
 * {@code batch-size}).
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
  /** One sentence for {@code --help}. */
  String value();

  /** The default, as a user would write it; empty for settings that may be absent. */
  String byDefault() default "";

  /** Least legal number. */
  double min() default Double.NEGATIVE_INFINITY;

  /** Greatest legal number. */
  double max() default Double.POSITIVE_INFINITY;

  /** What {@code --help} shows in the place of the value. */
  String label() default "";

  /** Whether only training needs it; other commands neither show nor take it. */
  boolean training() default false;

  /**
   * What kind of text this is: a relative path in a CONFIG file is taken from that file's folder.
   */
  Kind kind() default Kind.TEXT;

  /** How a text is read. */
  enum Kind {
    /** As it is. */
    TEXT,
    /** A path or address, or several joined by {@code ::}. */
    PATH,
    /** A name, or a path if it starts with {@code ./}, {@code ../} or {@code /}. */
    NAME_OR_PATH
  }
}
