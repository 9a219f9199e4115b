package dev.troupe.runtime.bench.scale;

import dev.troupe.actors.task.Activity;
import dev.troupe.actors.task.Group;
import dev.troupe.actors.task.GroupFailure;
import dev.troupe.actors.task.StepReport;
import dev.troupe.actors.task.SyncReport;
import dev.troupe.actors.task.Wish;
import dev.troupe.actors.task.WorkerContext;
import dev.troupe.actors.task.WorkerTask;
import java.util.Map;

/** A worker that does nothing but keep step with its group. */
final class SimulatedTask implements WorkerTask {
  /** About as much as a real worker says of itself. */
  private static final Map<String, String> FACTS =
      Map.of(
          "model", "ViT-B-32 {\"embed_dim\": 512, \"vision_cfg\": {\"image_size\": 224, …}}",
          "train-data", "s3://bucket/shards/{000000..012287}.tar",
          "global-batch-size", "32768",
          "precision", "amp_bf16",
          "seed", "0",
          "epochs", "32",
          "version", "0.1.0");

  private final WorkerContext context;
  private final Trunk trunk;
  private volatile Group group;
  private volatile boolean aborted;
  private volatile long committed;
  private volatile Activity activity = Activity.IDLE;

  SimulatedTask(WorkerContext context, Trunk trunk) {
    this.context = context;
    this.trunk = trunk;
  }

  @Override
  public Map<String, String> warmUp() {
    try {
      trunk.warmUp();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return FACTS;
  }

  @Override
  public long committedSteps() {
    return committed;
  }

  @Override
  public String openRendezvous() {
    return context.name();
  }

  @Override
  public SyncReport join(Group joined) throws GroupFailure {
    aborted = false;
    group = joined;
    activity = Activity.SYNCING;
    long start = System.nanoTime();
    try {
      committed = trunk.join(this, joined.generation(), joined.worldSize());
    } catch (InterruptedException e) {
      throw new GroupFailure("interrupted", e);
    }
    return new SyncReport(committed, (System.nanoTime() - start) / 1e9, 0, 0);
  }

  @Override
  public StepReport step(Wish wish) throws GroupFailure {
    activity = Activity.WAITING;
    long start = System.nanoTime();
    long step = committed;
    try {
      Wish done = trunk.step(this, group.generation(), step + 1, wish);
      committed = step + 1;
      double seconds = (System.nanoTime() - start) / 1e9;
      return new StepReport(step, true, done, false, 1.0, seconds, 0, seconds / 2, true);
    } catch (InterruptedException e) {
      throw new GroupFailure("interrupted", e);
    }
  }

  boolean isAborted() {
    return aborted;
  }

  @Override
  public void checkpoint(String reason) {}

  @Override
  public long progress() {
    return committed;
  }

  @Override
  public Activity activity() {
    return activity;
  }

  /** What breaks one rank's collectives breaks those of the others. */
  @Override
  public void abort() {
    Group running = group;
    if (!aborted && running != null) {
      aborted = true;
      trunk.breakGroup(running.generation(), "connection closed by peer");
    }
  }

  @Override
  public void close() {
    abort();
  }
}
