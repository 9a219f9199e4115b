package dev.troupe.data.stream;

import dev.troupe.data.image.ImageTransform;
import dev.troupe.data.sample.BadSampleException;
import dev.troupe.data.sample.RawSample;
import dev.troupe.data.sample.SampleShard;
import dev.troupe.data.sample.SkippedSample;
import dev.troupe.data.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.apache.pekko.stream.javadsl.Source;

/**
 * One stream of slices: plan → read → decode, transform and tokenize → batch → queue.
 *
 * <p>Samples travel in small runs of one slice. Reading and decoding are asynchronous stages that
 * keep the order and have a fixed number of runs under way, each on threads of its own; a full
 * queue stops all of it, so that memory is bounded by the slices under way.
 */
final class SlicePipeline implements SliceStream {
  /** Samples that go through the stages together: less to schedule, still many under way. */
  private static final int LONGEST_RUN = 8;

  private static final int READ_TRIES = 3;

  private final Settings settings;
  private final Lookahead lookahead;
  private final Buffers buffers;
  private final Set<SliceUnderWay> owned = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final UniqueKillSwitch killSwitch;
  private final SinkQueueWithCancel<SliceUnderWay> queue;
  private CompletableFuture<Optional<SliceUnderWay>> pull;
  private boolean ended;
  private DataException failure;

  /**
   * What a stream needs besides its order.
   *
   * @param largest samples of the largest slice
   */
  record Settings(
      ShardPool pool,
      ImageTransform transform,
      Tokenizer tokenizer,
      Workers workers,
      SkipMeter meter,
      int largest,
      int slicesAhead,
      Materializer materializer) {}

  /** Samples [from, to) of a slice, on their way. */
  private record Run(SliceUnderWay slice, int from, int to, RawSample[] raw) {
    boolean last() {
      return to == slice.plan().size();
    }
  }

  SlicePipeline(SliceOrder order, Settings settings) {
    this.settings = settings;
    long images = (long) settings.largest * settings.transform.size() * settings.transform.size();
    if (images * 3 > Integer.MAX_VALUE) {
      throw new DataException(
          String.format(
              "%d samples of %d pixels a side on one worker are more than 2 GiB; use more workers"
                  + " or a smaller batch",
              settings.largest, settings.transform.size()));
    }
    this.lookahead = new Lookahead(order, settings.pool);
    this.buffers =
        new Buffers(
            images * 3,
            (long) settings.largest * settings.tokenizer.contextLength() * Integer.BYTES);
    int decoders = settings.workers.decoders();
    int run = Math.max(1, Math.min(LONGEST_RUN, settings.largest / (2 * decoders)));
    Pair<UniqueKillSwitch, SinkQueueWithCancel<SliceUnderWay>> running =
        Source.fromIterator(() -> lookahead)
            .mapConcat(planned -> runs(planned, run))
            .mapAsync(settings.workers.readers(), this::read)
            // More runs than threads: none waits for the next to arrive.
            .mapAsync(2 * decoders, this::decode)
            .filter(Run::last)
            .map(Run::slice)
            .viaMat(KillSwitches.single(), Keep.right())
            .toMat(
                Sink.<SliceUnderWay>queue()
                    .withAttributes(
                        Attributes.inputBuffer(settings.slicesAhead, settings.slicesAhead)),
                Keep.both())
            .run(settings.materializer);
    this.killSwitch = running.first();
    this.queue = running.second();
  }

  private List<Run> runs(PlannedSlice planned, int length) {
    SliceUnderWay slice =
        new SliceUnderWay(
            planned, settings.transform.size(), settings.tokenizer.contextLength(), buffers);
    owned.add(slice);
    if (closed.isDone()) {
      disown(slice);
    }
    List<Run> runs = new ArrayList<>();
    int from = 0;
    do {
      int to = Math.min(planned.size(), from + length);
      runs.add(new Run(slice, from, to, new RawSample[to - from]));
      from = to;
    } while (from < planned.size());
    return runs;
  }

  private void disown(SliceUnderWay slice) {
    if (owned.remove(slice)) {
      slice.drop();
    }
  }

  private CompletionStage<Run> read(Run run) {
    int[] shards = Arrays.copyOfRange(run.slice.plan().shards(), run.from, run.to);
    CompletableFuture<?>[] opened =
        Arrays.stream(shards)
            .distinct()
            .mapToObj(lookahead::shard)
            .toArray(CompletableFuture[]::new);
    return CompletableFuture.allOf(opened)
        .handleAsync(
            (all, anyFailure) -> {
              for (int i = run.from; i < run.to; i++) {
                readOne(run, i);
                lookahead.read(run.slice.plan().shards()[i]);
              }
              return run;
            },
            settings.workers.reading());
  }

  private void readOne(Run run, int i) {
    PlannedSlice plan = run.slice.plan();
    int shard = plan.shards()[i];
    if (closed.isDone()) {
      return;
    }
    SampleShard open;
    try {
      open = lookahead.shard(shard).join();
    } catch (RuntimeException e) {
      Throwable cause = ShardPool.cause(e);
      if (!(cause instanceof IOException) && !(cause instanceof UncheckedIOException)) {
        throw e;
      }
      skip(run.slice, i, "#" + plan.ordinals()[i], cause.getMessage());
      return;
    }
    int stated = settings.pool.source().counts()[shard];
    int ordinal = plan.ordinals()[i];
    if (settings.pool.source().presumed()) {
      ordinal = Presumed.ordinal(ordinal, stated, open.size(), plan.seeds()[i]);
      if (ordinal < 0) {
        run.slice.setAbsent(i);
        return;
      }
    }
    if (ordinal >= open.size()) {
      skip(
          run.slice,
          i,
          "#" + ordinal,
          String.format(
              "not in the shard, which holds %d samples of %d stated%s",
              open.size(),
              stated,
              open.damages().isEmpty() ? "" : " (" + open.damages().get(0) + ")"));
      return;
    }
    String key = open.key(ordinal);
    for (int attempt = 1; ; attempt++) {
      try {
        run.raw[i - run.from] = open.read(ordinal, plan.seeds()[i]);
        run.slice.set(i, settings.pool.source().name(shard) + "/" + key, null, 0);
        return;
      } catch (BadSampleException e) {
        skip(run.slice, i, key, e.getMessage());
        return;
      } catch (IOException e) {
        if (attempt == READ_TRIES) {
          skip(run.slice, i, key, "cannot be read: " + e);
          return;
        }
      }
    }
  }

  private void skip(SliceUnderWay slice, int i, String key, String reason) {
    int shard = slice.plan().shards()[i];
    slice.set(i, null, null, 0);
    slice.skip(
        i,
        new SkippedSample(
            settings.pool.source().name(shard) + "/" + key,
            settings.pool.source().url(shard),
            reason,
            slice.plan().step()));
  }

  private CompletionStage<Run> decode(Run run) {
    return CompletableFuture.supplyAsync(
        () -> {
          if (run.slice.hold()) {
            try {
              for (int i = run.from; i < run.to && !closed.isDone(); i++) {
                decodeOne(run, i);
              }
            } finally {
              run.slice.drop();
            }
          }
          return run;
        },
        settings.workers.decoding());
  }

  private void decodeOne(Run run, int i) {
    RawSample raw = run.raw[i - run.from];
    if (raw == null) {
      return;
    }
    run.raw[i - run.from] = null;
    long seed = run.slice.plan().seeds()[i];
    String name = run.slice.key(i);
    String reason;
    try {
      settings.transform.apply(raw.image(), seed, run.slice.image(i));
      int length = settings.tokenizer.encode(raw.caption(), run.slice.tokens(i), seed);
      run.slice.set(i, name, raw.caption(), length);
      return;
    } catch (BadSampleException e) {
      reason = e.getMessage();
    } catch (RuntimeException e) {
      // A decoder's own failure on a strange image: no reason to end a run of weeks.
      reason = "failed to decode: " + e;
    }
    String key =
        name.substring(settings.pool.source().name(run.slice.plan().shards()[i]).length() + 1);
    skip(run.slice, i, key, reason);
  }

  @Override
  public Slice next() throws InterruptedException {
    if (failure != null) {
      throw failure;
    }
    if (ended) {
      return null;
    }
    if (pull == null) {
      pull = queue.pull().toCompletableFuture();
    }
    try {
      CompletableFuture.anyOf(pull, closed).get();
      if (closed.isDone()) {
        throw new DataException("the stream is closed");
      }
      Optional<SliceUnderWay> slice = pull.get();
      pull = null;
      if (slice.isEmpty()) {
        ended = true;
        release();
        return null;
      }
      SliceUnderWay done = slice.get();
      // From here on it is ours alone: closing the stream does not touch it any more.
      if (!owned.remove(done)) {
        throw new DataException("the stream is closed");
      }
      try {
        settings.meter.slice(done.present(), done.skipped());
        return done.finish();
      } catch (RuntimeException e) {
        done.drop();
        throw e;
      }
    } catch (ExecutionException e) {
      throw failed(ShardPool.cause(e.getCause()));
    } catch (DataException e) {
      throw failed(e);
    }
  }

  private DataException failed(Throwable cause) {
    failure =
        cause instanceof DataException data
            ? data
            : new DataException("reading the data failed: " + cause, cause);
    if (!closed.isDone()) {
      close();
    }
    return failure;
  }

  @Override
  public void close() {
    if (closed.complete(null)) {
      killSwitch.abort(new DataException("the stream is closed"));
      queue.cancel();
      release();
    }
  }

  private void release() {
    lookahead.close();
    owned.forEach(this::disown);
    buffers.close();
  }

  /** Native buffers that are in use. */
  int buffersLent() {
    return buffers.lent();
  }
}
