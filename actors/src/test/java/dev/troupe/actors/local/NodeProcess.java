package dev.troupe.actors.local;

import com.typesafe.config.ConfigFactory;
import dev.troupe.actors.RunResult;
import dev.troupe.actors.TrainingCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A node in a process of its own: {@code FOLDER STEPS STEP_MILLIS SETTINGS}, the settings as HOCON.
 * SIGTERM lets it leave politely.
 */
final class NodeProcess {

  private NodeProcess() {}

  public static void main(String[] args) throws Exception {
    SleepyTask.Plan plan =
        new SleepyTask.Plan(
            Path.of(args[0]),
            Long.parseLong(args[1]),
            Duration.ofMillis(Long.parseLong(args[2])),
            Map.of("model", "tiny"),
            new Faults());
    TrainingCluster cluster =
        TrainingCluster.start(
            ConfigFactory.parseString(args[3]), context -> new SleepyTask(plan, context));
    System.out.println("LISTENING " + cluster.address());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> leave(cluster)));
    RunResult result = cluster.whenFinished().toCompletableFuture().get();
    System.out.println("RESULT " + result);
    Runtime.getRuntime().halt(result.exitCode());
  }

  private static void leave(TrainingCluster cluster) {
    cluster.requestDrain();
    try {
      RunResult result = cluster.whenFinished().toCompletableFuture().get(40, TimeUnit.SECONDS);
      System.out.println("RESULT " + result);
      Runtime.getRuntime().halt(result.exitCode());
    } catch (Exception e) {
      e.printStackTrace();
      Runtime.getRuntime().halt(9);
    }
  }
}
