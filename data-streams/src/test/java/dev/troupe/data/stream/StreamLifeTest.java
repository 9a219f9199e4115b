package dev.troupe.data.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.data.image.ImageTransform;
import dev.troupe.data.sample.BadSampleException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.ActorSystem;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class StreamLifeTest {
  private static ActorSystem system;

  @BeforeAll
  static void start() {
    system = ActorSystem.create("stream-life");
  }

  @AfterAll
  static void stop() {
    system.terminate();
  }

  private static TrainingData open(DataFactory factory, ImageTransform transform, int batch) {
    return factory.training(
        DataSpec.of(Fixtures.EMOJI_TRAIN),
        new OrderSpec(0, 1000, batch),
        transform,
        Fixtures.TOKENIZER);
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited in vain: " + what).isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  /** Counts and, if wanted, holds up every image. */
  private static final class Gate implements ImageTransform {
    private final AtomicInteger started = new AtomicInteger();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final CountDownLatch latch;

    Gate(CountDownLatch latch) {
      this.latch = latch;
    }

    @Override
    public void apply(byte[] encoded, long seed, ByteBuffer target) throws BadSampleException {
      started.incrementAndGet();
      int now = running.incrementAndGet();
      most.accumulateAndGet(now, Math::max);
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new BadSampleException("interrupted", e);
      } finally {
        running.decrementAndGet();
      }
    }

    @Override
    public int size() {
      return 32;
    }
  }

  @Test
  void shouldEndAWaitingReaderWhenAnotherThreadClosesTheStream() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    Gate gate = new Gate(latch);
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults());
        TrainingData data = open(factory, gate, 64)) {
      SliceStream stream = data.open(0, 0, 1);
      CompletableFuture<Slice> reader =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return stream.next();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      await("decoding begins", () -> gate.running.get() > 0);
      stream.close();
      assertThatThrownBy(() -> reader.get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(DataException.class)
          .hasMessageContaining("the stream is closed");
      assertThatThrownBy(stream::next).isInstanceOf(DataException.class);
      latch.countDown();
      await("buffers are back", () -> ((SlicePipeline) stream).buffersLent() == 0);
      await("shards are closed", () -> ((PlannedTrainingData) data).shardsInUse() == 0);
    }
  }

  @Test
  void shouldKeepASliceValidAfterItsStreamWasClosed() throws Exception {
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults());
        TrainingData data = open(factory, Fixtures.TRANSFORM, 64)) {
      Slice slice;
      try (SliceStream stream = data.open(0, 0, 1)) {
        slice = stream.next();
      }
      assertThat(slice.images_NHWC().remaining()).isEqualTo(64 * 4 * 4 * 3);
      assertThat(slice.images_NHWC().get(47)).isEqualTo((byte) 7);
      assertThat(slice.tokens_NL().asIntBuffer().remaining()).isEqualTo(64 * 8);
      assertThat(slice.captions()).hasSize(64).allMatch(caption -> !caption.isEmpty());
      assertThat(slice.longestCaption()).isBetween(1, 8);
      slice.close();
      assertThatThrownBy(slice::images_NHWC).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void shouldUseAllDecodersAndNoMore() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    Gate gate = new Gate(latch);
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults().withDecoders(5));
        TrainingData data = open(factory, gate, 256);
        SliceStream stream = data.open(0, 0, 1)) {
      await("all decoders work", () -> gate.running.get() == 5);
      latch.countDown();
      for (int i = 0; i < 20; i++) {
        stream.next().close();
      }
      assertThat(gate.most).hasValue(5);
    }
  }

  @Test
  void shouldStopReadingWhenNobodyTakesSlices() throws Exception {
    CountDownLatch open = new CountDownLatch(0);
    Gate gate = new Gate(open);
    int batch = 128;
    long memory = Pointer.totalBytes();
    try (DataFactory factory =
            Fixtures.factory(system, StreamSpec.defaults().withDecoders(2).withSlicesAhead(2));
        TrainingData data = open(factory, gate, batch);
        SliceStream stream = data.open(0, 0, 1)) {
      // Two that wait, one that the queue asks for, and what is under way in the stages.
      int bound = 4 * batch;
      stream.next().close();
      for (int taken = 1; taken < 60; taken++) {
        int[] before = {-1};
        await(
            "the stream stands still",
            () -> {
              int now = gate.started.get();
              boolean still = now == before[0];
              before[0] = now;
              return still;
            });
        assertThat(gate.started.get() - taken * batch).isLessThanOrEqualTo(bound);
        stream.next().close();
      }
      long slice = (long) batch * (32 * 32 * 3 + 8 * 4);
      assertThat(Pointer.totalBytes() - memory).isLessThanOrEqualTo(6 * slice);
    }
  }

  @Test
  void shouldLeaveNothingBehindAfterHundredsOfStreams() throws Exception {
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults());
        TrainingData data = open(factory, Fixtures.TRANSFORM, 64)) {
      cycle(data, 20);
      long threads = Thread.activeCount();
      long files = openFiles();
      long memory = Pointer.totalBytes();
      cycle(data, 300);
      await("shards are closed", () -> ((PlannedTrainingData) data).shardsInUse() == 0);
      await("files are closed", () -> openFiles() <= files);
      await("memory is freed", () -> Pointer.totalBytes() <= memory);
      assertThat((long) Thread.activeCount()).isLessThanOrEqualTo(threads + 2);
    }
  }

  private static void cycle(TrainingData data, int streams) throws InterruptedException {
    for (int i = 0; i < streams; i++) {
      try (SliceStream stream = data.open(i, i % 3, 3)) {
        for (int n = 0; n < i % 4; n++) {
          stream.next().close();
        }
      }
    }
  }

  private static long openFiles() {
    try (var files = Files.list(Path.of("/proc/self/fd"))) {
      return files
          .filter(
              fd -> {
                try {
                  return Files.readSymbolicLink(fd).toString().endsWith(".tar");
                } catch (java.io.IOException e) {
                  return false;
                }
              })
          .count();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
