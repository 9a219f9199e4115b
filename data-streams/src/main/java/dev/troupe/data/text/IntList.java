package dev.troupe.data.text;

import java.util.Arrays;

/** A growing array of ints. */
final class IntList {
  private int[] values;
  private int size;

  IntList(int capacity) {
    values = new int[capacity];
  }

  int size() {
    return size;
  }

  void add(int value) {
    ensure(size + 1);
    values[size++] = value;
  }

  void addAll(int[] more) {
    ensure(size + more.length);
    System.arraycopy(more, 0, values, size, more.length);
    size += more.length;
  }

  int[] toArray() {
    return Arrays.copyOf(values, size);
  }

  private void ensure(int capacity) {
    if (capacity > values.length) {
      values = Arrays.copyOf(values, Math.max(capacity, 2 * values.length));
    }
  }
}
