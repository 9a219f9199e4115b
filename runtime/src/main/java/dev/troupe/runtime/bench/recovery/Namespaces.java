package dev.troupe.runtime.bench.recovery;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Hosts as Linux network namespaces, each with an interface of its own on a bridge of this machine;
 * taking the bridge's end of one down cuts that host off, without a word to anybody. Needs root.
 */
final class Namespaces implements Hosts {
  /** Each process has a network of its own, so that several may run at once. */
  private static final long PID = ProcessHandle.current().pid();

  private static final String NETWORK = "10." + (64 + PID / 250 % 128) + "." + PID % 250 + ".";

  private final String prefix = "tr" + PID % 100_000;
  private final String bridge = prefix + "b";
  private final List<Integer> slots = new ArrayList<>();

  private Namespaces() {}

  /**
   * Makes hosts for the slots from 0.
   *
   * @throws IOException if this process may not; the message says what was refused
   */
  static Namespaces create(int hosts) throws IOException, InterruptedException {
    Namespaces made = new Namespaces();
    try {
      ip("link", "add", made.bridge, "type", "bridge");
      ip("addr", "add", made.here() + "/24", "dev", made.bridge);
      ip("link", "set", made.bridge, "up");
      for (int slot = 0; slot < hosts; slot++) {
        made.add(slot);
      }
      return made;
    } catch (IOException | InterruptedException e) {
      made.close();
      throw e;
    }
  }

  private void add(int slot) throws IOException, InterruptedException {
    slots.add(slot);
    String inside = prefix + "i" + slot;
    ip("netns", "add", name(slot));
    ip("link", "add", outside(slot), "type", "veth", "peer", "name", inside);
    ip("link", "set", inside, "netns", name(slot));
    ip("link", "set", outside(slot), "master", bridge);
    ip("link", "set", outside(slot), "up");
    ip("-n", name(slot), "addr", "add", address(slot) + "/24", "dev", inside);
    ip("-n", name(slot), "link", "set", inside, "up");
    ip("-n", name(slot), "link", "set", "lo", "up");
  }

  private String name(int slot) {
    return prefix + "n" + slot;
  }

  private String outside(int slot) {
    return prefix + "o" + slot;
  }

  @Override
  public String address(int slot) {
    return NETWORK + (10 + slot);
  }

  @Override
  public String here() {
    return NETWORK + 1;
  }

  @Override
  public List<String> launcher(int slot) {
    return List.of("ip", "netns", "exec", name(slot));
  }

  @Override
  public void cut(int slot) throws IOException, InterruptedException {
    ip("link", "set", outside(slot), "down");
  }

  @Override
  public void heal(int slot) throws IOException, InterruptedException {
    ip("link", "set", outside(slot), "up");
  }

  private static void ip(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String words = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + words.strip());
    }
  }

  @Override
  public void close() {
    for (int slot : slots) {
      remove("link", "del", outside(slot));
      remove("netns", "del", name(slot));
    }
    remove("link", "del", bridge);
  }

  private static void remove(String... arguments) {
    try {
      ip(arguments);
    } catch (IOException e) {
      // It is gone already, or was never made.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
