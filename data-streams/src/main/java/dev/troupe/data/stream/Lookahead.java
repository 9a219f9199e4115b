package dev.troupe.data.stream;

import dev.troupe.data.sample.SampleShard;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;

/**
 * Hands out the slices of a stream, and asks for their shards well before their samples are read. A
 * shard is held from when it comes into view until its last sample in view was read.
 */
final class Lookahead implements Iterator<PlannedSlice>, AutoCloseable {
  /** Samples that are looked at ahead of the stream. */
  private static final int HORIZON = 1 << 15;

  /** Shards that are asked for before the first of their samples is wanted. */
  private static final int SHARDS_AHEAD = 8;

  /** Samples that are looked at before the first one is read. */
  private static final int AT_FIRST = 256;

  private final SliceOrder order;
  private final ShardPool pool;
  private final Deque<PlannedSlice> ahead = new ArrayDeque<>();
  private final Map<Integer, Held> held = new HashMap<>();
  private long nextPlanned;
  private int samplesAhead;
  private int shardsAhead;
  private boolean reading;
  private boolean ended;
  private boolean closed;

  Lookahead(SliceOrder order, ShardPool pool) {
    this.order = order;
    this.pool = pool;
  }

  private static final class Held {
    private final CompletableFuture<SampleShard> shard;
    private int uses;
    private boolean wanted;

    Held(CompletableFuture<SampleShard> shard) {
      this.shard = shard;
    }
  }

  @Override
  public synchronized boolean hasNext() {
    look();
    return !ahead.isEmpty();
  }

  @Override
  public synchronized PlannedSlice next() {
    look();
    PlannedSlice slice = ahead.poll();
    if (slice == null) {
      throw new NoSuchElementException();
    }
    samplesAhead -= slice.size() + 1;
    for (int shard : slice.shards()) {
      Held use = held.get(shard);
      if (!use.wanted) {
        use.wanted = true;
        shardsAhead--;
      }
    }
    return slice;
  }

  private void look() {
    while (!ended && !closed && (ahead.isEmpty() || mayLookFurther())) {
      PlannedSlice slice = order.at(nextPlanned++);
      if (slice == null) {
        ended = true;
        return;
      }
      ahead.add(slice);
      // An empty slice counts too, else a rank without samples would look for ever.
      samplesAhead += slice.size() + 1;
      for (int shard : slice.shards()) {
        Held use = held.get(shard);
        if (use == null) {
          use = new Held(pool.acquire(shard));
          held.put(shard, use);
          shardsAhead++;
        }
        use.uses++;
      }
    }
  }

  private boolean mayLookFurther() {
    // What the first slices need comes first, without competition.
    return samplesAhead < (reading ? HORIZON : AT_FIRST)
        && shardsAhead < SHARDS_AHEAD
        && (shardsAhead == 0 || pool.source().hasRoom());
  }

  /** The shard of a slice that was handed out. */
  synchronized CompletableFuture<SampleShard> shard(int shard) {
    Held use = held.get(shard);
    return use == null
        ? CompletableFuture.failedFuture(new DataException("the stream is closed"))
        : use.shard;
  }

  /** A sample of the shard was read, or will not be. */
  void read(int shard) {
    synchronized (this) {
      reading = true;
      Held use = held.get(shard);
      if (use == null || --use.uses > 0) {
        return;
      }
      held.remove(shard);
    }
    pool.release(shard);
  }

  /** Lets go of all shards. */
  @Override
  public void close() {
    Map<Integer, Held> rest;
    synchronized (this) {
      closed = true;
      ahead.clear();
      rest = new HashMap<>(held);
      held.clear();
    }
    rest.keySet().forEach(pool::release);
  }
}
