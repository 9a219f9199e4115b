package dev.troupe.actors.worker;

import dev.troupe.actors.task.Wish;

/**
 * What the actor wants of the running loop. The strongest wish goes into the votes until the group
 * did it.
 */
final class WishBox {
  private boolean stop;
  private boolean pause;
  private boolean checkpoint;
  private String reason = "";

  synchronized void put(Wish wish, String why) {
    switch (wish) {
      case STOP -> stop = true;
      case PAUSE -> pause = true;
      case CHECKPOINT -> checkpoint = true;
      case NONE -> {}
    }
    if (wish != Wish.NONE) {
      reason = why;
    }
  }

  synchronized Wish strongest() {
    if (stop) {
      return Wish.STOP;
    }
    if (pause) {
      return Wish.PAUSE;
    }
    return checkpoint ? Wish.CHECKPOINT : Wish.NONE;
  }

  /** Why the last wish was put; what others wished has no reason here. */
  synchronized String reason() {
    return reason.isEmpty() ? "asked for" : reason;
  }

  synchronized void checkpointDone() {
    checkpoint = false;
    reason = "";
  }

  synchronized void clear() {
    stop = false;
    pause = false;
    checkpoint = false;
    reason = "";
  }
}
