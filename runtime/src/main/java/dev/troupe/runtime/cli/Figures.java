package dev.troupe.runtime.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Option;

/** How a command prints figures: a table for people, or one JSON object on standard output. */
final class Figures {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  /** Whether figures are to be printed as JSON. */
  boolean json() {
    return json;
  }

  /** Prints an object as JSON, in one line. */
  static void printJson(Object value) {
    try {
      System.out.println(JSON.writeValueAsString(value));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Prints names and values, one pair a line. */
  void print(Map<String, ?> figures) {
    if (json) {
      printJson(figures);
      return;
    }
    int width = figures.keySet().stream().mapToInt(String::length).max().orElse(0);
    figures.forEach(
        (name, value) ->
            System.out.printf(Locale.ROOT, "  %-" + width + "s  %s%n", name, text(value)));
  }

  /**
   * Prints rows under a header, numbers to the right.
   *
   * @param name what the list of rows is called in JSON
   */
  void print(String name, List<? extends Map<String, ?>> rows) {
    if (json) {
      printJson(Map.of(name, rows));
      return;
    }
    if (rows.isEmpty()) {
      return;
    }
    List<String> header = List.copyOf(rows.get(0).keySet());
    Map<String, Integer> decimals = new HashMap<>();
    header.forEach(column -> decimals.put(column, decimals(largest(rows, column))));
    List<List<String>> cells =
        rows.stream()
            .map(
                row ->
                    header.stream()
                        .map(column -> text(row.get(column), decimals.get(column)))
                        .toList())
            .toList();
    int[] widths =
        IntStream.range(0, header.size())
            .map(
                i ->
                    Math.max(
                        header.get(i).length(),
                        cells.stream().mapToInt(row -> row.get(i).length()).max().orElse(0)))
            .toArray();
    List<Boolean> numeric =
        header.stream().map(column -> rows.get(0).get(column) instanceof Number).toList();
    System.out.println(line(header, widths, numeric));
    cells.forEach(row -> System.out.println(line(row, widths, numeric)));
  }

  private static String line(List<String> cells, int[] widths, List<Boolean> numeric) {
    return IntStream.range(0, cells.size())
        .mapToObj(
            i ->
                String.format(
                    Locale.ROOT, "%" + (numeric.get(i) ? "" : "-") + widths[i] + "s", cells.get(i)))
        .collect(Collectors.joining("  "))
        .stripTrailing();
  }

  private static double largest(List<? extends Map<String, ?>> rows, String column) {
    return rows.stream()
        .map(row -> row.get(column))
        .filter(value -> value instanceof Double)
        .mapToDouble(value -> Math.abs((Double) value))
        .filter(Double::isFinite)
        .max()
        .orElse(0);
  }

  private static int decimals(double size) {
    return size >= 1000 ? 1 : size >= 10 ? 2 : size >= 0.1 || size == 0 ? 3 : 5;
  }

  private static String text(Object value) {
    return text(value, value instanceof Double number ? decimals(Math.abs(number)) : 0);
  }

  private static String text(Object value, int decimals) {
    if (value instanceof Double number) {
      return number.isNaN() ? "-" : String.format(Locale.ROOT, "%." + decimals + "f", number);
    }
    return value == null ? "" : String.valueOf(value);
  }
}
