package dev.troupe.runtime.bench.scale;

import dev.troupe.actors.task.GroupFailure;
import dev.troupe.actors.task.Wish;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;

/**
 * A process's connection to the {@link Switchboard}, shared by its workers. It says {@code PROCESS
 * name}, {@code WARM}, {@code JOIN generation size}, {@code WISH generation wish} and {@code BREAK
 * generation why}; it hears {@code GO}, {@code FORMED generation steps}, {@code STEP generation
 * steps wish} and {@code BROKEN generation why}.
 */
final class Trunk {
  private static final int REMEMBERED = 64;

  private final PrintWriter out;
  private final BufferedReader in;
  private boolean go;
  private long formed;
  private long formedAt;
  private long broken;
  private String why = "";
  private long steps;
  private final Map<Long, Wish> wishes = new HashMap<>();

  Trunk(int port, String process) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    this.out = new PrintWriter(socket.getOutputStream(), false);
    this.in = new BufferedReader(new InputStreamReader(socket.getInputStream()));
    say("PROCESS " + process);
    Thread listener = new Thread(this::listen, "trunk");
    listener.setDaemon(true);
    listener.start();
  }

  private void listen() {
    try {
      for (String word = in.readLine(); word != null; word = in.readLine()) {
        hear(word.split(" ", 4));
      }
    } catch (IOException e) {
      // The benchmark ended.
    }
    Runtime.getRuntime().halt(0);
  }

  private synchronized void hear(String[] word) {
    switch (word[0]) {
      case "GO" -> go = true;
      case "FORMED" -> {
        formed = Long.parseLong(word[1]);
        formedAt = Long.parseLong(word[2]);
        steps = formedAt;
      }
      case "STEP" -> {
        if (Long.parseLong(word[1]) == formed) {
          steps = Long.parseLong(word[2]);
          wishes.put(steps, Wish.valueOf(word[3]));
          wishes.remove(steps - REMEMBERED);
        }
      }
      case "BROKEN" -> {
        broken = Math.max(broken, Long.parseLong(word[1]));
        why = word[2] + (word.length > 3 ? " " + word[3] : "");
      }
      default -> throw new IllegalStateException("trunk: " + String.join(" ", word));
    }
    notifyAll();
  }

  private void say(String word) {
    synchronized (out) {
      out.println(word);
      out.flush();
    }
  }

  /** Waits until the benchmark lets this process's workers become ready. */
  void warmUp() throws InterruptedException {
    say("WARM");
    synchronized (this) {
      while (!go) {
        wait();
      }
    }
  }

  /** Waits until all members have come; steps committed so far. */
  long join(SimulatedTask task, long generation, int size)
      throws GroupFailure, InterruptedException {
    say("JOIN " + generation + " " + size);
    synchronized (this) {
      while (formed < generation) {
        check(task, generation);
        wait();
      }
      check(task, generation);
      return formedAt;
    }
  }

  /** Waits until the group has committed so many steps; what it does after that one. */
  Wish step(SimulatedTask task, long generation, long step, Wish wish)
      throws GroupFailure, InterruptedException {
    if (wish != Wish.NONE) {
      say("WISH " + generation + " " + wish);
    }
    synchronized (this) {
      while (steps < step) {
        check(task, generation);
        wait();
      }
      check(task, generation);
      return wishes.getOrDefault(step, Wish.NONE);
    }
  }

  private void check(SimulatedTask task, long generation) throws GroupFailure {
    if (task.isAborted()) {
      throw new GroupFailure("the group was aborted", null);
    }
    if (broken >= generation || formed > generation) {
      throw new GroupFailure(why, null);
    }
  }

  void breakGroup(long generation, String reason) {
    say("BREAK " + generation + " " + reason);
    wake();
  }

  synchronized void wake() {
    notifyAll();
  }
}
