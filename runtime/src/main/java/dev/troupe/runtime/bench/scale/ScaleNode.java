package dev.troupe.runtime.bench.scale;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.troupe.actors.TrainingCluster;
import dev.troupe.runtime.log.Logging;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/**
 * A process of the benchmark, with one node or several: {@code NAME NODES SWITCHBOARD_PORT
 * SETTINGS}, the settings as HOCON. Prints its nodes' addresses; answers {@code heap} on standard
 * input with the heap in bytes after a garbage collection; ends with its standard input.
 */
public final class ScaleNode {

  private ScaleNode() {}

  public static void main(String[] arguments) throws IOException {
    Logging.toTerminal(false);
    String name = arguments[0];
    int port = Integer.parseInt(arguments[2]);
    Trunk trunk = port == 0 ? null : new Trunk(port, name);
    Config settings = ConfigFactory.parseString(arguments[3]);
    List<TrainingCluster> nodes = new ArrayList<>();
    for (int node = 0; node < Integer.parseInt(arguments[1]); node++) {
      nodes.add(TrainingCluster.start(settings, context -> new SimulatedTask(context, trunk)));
      System.out.println("LISTENING " + nodes.get(node).address());
    }
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String question = in.readLine(); question != null; question = in.readLine()) {
      System.gc();
      System.out.println(
          "HEAP " + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
    Runtime.getRuntime().halt(0);
  }
}
