package dev.troupe.runtime.bench.scale;

import dev.troupe.actors.task.Wish;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * What holds simulated groups together: a group forms when all its members have come, then commits
 * a step at a time until it is to pause, and breaks for all when it breaks for one. One connection
 * a process, one word a line (see {@link Trunk}).
 */
final class Switchboard implements Closeable {
  private final ServerSocket server;
  private final long stepNanos;
  private final Set<Line> lines = ConcurrentHashMap.newKeySet();

  private long generation;
  private int worldSize;
  private int arrived;
  private boolean formed;
  private boolean broken;

  /** What members wished since the last step, and what the group did after it. */
  private Wish wished = Wish.NONE;

  private Wish wish = Wish.NONE;
  private long committedSteps;
  private long stepsOfGroup;

  Switchboard(Duration step) throws IOException {
    this.server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    this.stepNanos = step.toNanos();
    start("switchboard-accept", this::accept);
    start("switchboard-steps", this::steps);
  }

  int port() {
    return server.getLocalPort();
  }

  /** Waits until a process's workers have all done what they do before they are ready. */
  void awaitWarm(String process, int workers, Duration patience) throws InterruptedException {
    await(
        process + ": " + workers + " workers warm",
        patience,
        () ->
            lines.stream().anyMatch(line -> line.process.equals(process) && line.warm == workers));
  }

  /** Lets the workers of a process become ready. */
  synchronized void go(String process) {
    lines.stream().filter(line -> line.process.equals(process)).forEach(line -> line.say("GO"));
  }

  /** Waits until a group of this size has formed and committed a step. */
  void awaitGroup(int size, Duration patience) throws InterruptedException {
    await(
        "a group of " + size,
        patience,
        () -> formed && !broken && worldSize == size && wish == Wish.NONE && stepsOfGroup > 0);
  }

  private interface Condition {
    boolean holds();
  }

  private synchronized void await(String what, Duration patience, Condition condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.holds()) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        throw new IllegalStateException(
            "%s: not within %d s (generation %d: %d of %d members came)"
                .formatted(what, patience.toSeconds(), generation, arrived, worldSize));
      }
      wait(left);
    }
  }

  private void accept() {
    try {
      while (true) {
        Line line = new Line(server.accept());
        lines.add(line);
        start("switchboard-line", line::read);
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void steps() {
    long next = System.nanoTime();
    while (!server.isClosed()) {
      next = Math.max(next + stepNanos, System.nanoTime());
      try {
        TimeUnit.NANOSECONDS.sleep(next - System.nanoTime());
      } catch (InterruptedException e) {
        return;
      }
      step();
    }
  }

  private synchronized void step() {
    if (!formed || broken || wish.compareTo(Wish.PAUSE) >= 0) {
      return;
    }
    committedSteps++;
    stepsOfGroup++;
    wish = wished;
    wished = Wish.NONE;
    toAll("STEP " + generation + " " + committedSteps + " " + wish);
    notifyAll();
  }

  private synchronized void join(long joining, int size, Line from) {
    if (joining > generation) {
      generation = joining;
      worldSize = size;
      arrived = 0;
      stepsOfGroup = 0;
      formed = false;
      broken = false;
      wish = Wish.NONE;
      wished = Wish.NONE;
      lines.forEach(line -> line.members = 0);
    }
    if (joining < generation || broken) {
      from.say("BROKEN " + joining + " the group is over");
      return;
    }
    from.members++;
    if (++arrived == worldSize) {
      formed = true;
      toAll("FORMED " + generation + " " + committedSteps);
    }
  }

  private synchronized void breakGroup(long breaking, String why) {
    if (breaking == generation && !broken) {
      broken = true;
      toAll("BROKEN " + generation + " " + why);
      notifyAll();
    }
  }

  private synchronized void wish(long wishing, Wish what) {
    if (wishing == generation && what.compareTo(wished) > 0) {
      wished = what;
    }
  }

  private void toAll(String word) {
    lines.forEach(line -> line.say(word));
  }

  private static void start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Line line : lines) {
      line.socket.close();
    }
  }

  /** One process of workers. */
  private final class Line {
    final Socket socket;
    final PrintWriter out;
    volatile String process = "";
    int warm;
    int members;

    Line(Socket socket) throws IOException {
      this.socket = socket;
      this.out = new PrintWriter(socket.getOutputStream(), false);
    }

    void say(String word) {
      synchronized (out) {
        out.println(word);
        out.flush();
      }
    }

    void read() {
      try (BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream()))) {
        for (String word = in.readLine(); word != null; word = in.readLine()) {
          hear(word.split(" ", 3));
        }
      } catch (IOException e) {
        // As good as the end of the process.
      }
      lost();
    }

    private void hear(String[] word) {
      switch (word[0]) {
        case "PROCESS" -> process = word[1];
        case "WARM" -> {
          synchronized (Switchboard.this) {
            warm++;
            Switchboard.this.notifyAll();
          }
        }
        case "JOIN" -> join(Long.parseLong(word[1]), Integer.parseInt(word[2]), this);
        case "WISH" -> wish(Long.parseLong(word[1]), Wish.valueOf(word[2]));
        case "BREAK" -> breakGroup(Long.parseLong(word[1]), word[2]);
        default -> throw new IllegalStateException("switchboard: " + String.join(" ", word));
      }
    }

    private void lost() {
      lines.remove(this);
      synchronized (Switchboard.this) {
        if (members > 0) {
          breakGroup(generation, "connection closed by peer");
        }
      }
    }
  }
}
