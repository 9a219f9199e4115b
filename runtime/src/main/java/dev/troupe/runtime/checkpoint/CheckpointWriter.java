package dev.troupe.runtime.checkpoint;

import dev.troupe.nn.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes checkpoints behind the training: the caller copies its state, and goes on while the copy
 * is written, checksummed and committed.
 */
public final class CheckpointWriter implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CheckpointWriter.class);

  private final CheckpointFolder folder;
  private final int keep;
  private final BiConsumer<Long, Path> onWritten;
  private final Consumer<CheckpointException> onFailure;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread writer = new Thread(task, "checkpoint-writer");
            writer.setDaemon(true);
            return writer;
          });
  private Future<?> inFlight;

  /**
   * @param keep how many checkpoints to keep; 0 for all
   * @param onWritten told the step and folder of each checkpoint that is whole; called on the
   *     writer's thread
   * @param onFailure told of a checkpoint that could not be written; called on the writer's thread
   */
  public CheckpointWriter(
      CheckpointFolder folder,
      int keep,
      BiConsumer<Long, Path> onWritten,
      Consumer<CheckpointException> onFailure) {
    this.folder = folder;
    this.keep = keep;
    this.onWritten = onWritten;
    this.onFailure = onFailure;
  }

  /**
   * A copy of a training state, owned by the writer from here on.
   *
   * @param model weights and buffers by name
   * @param optimizer moments by name
   * @param state where the run stands
   */
  public record Snapshot(Map<String, Tensor> model, Map<String, Tensor> optimizer, RunState state) {
    void free() {
      model.values().forEach(Tensor::close);
      optimizer.values().forEach(Tensor::close);
    }
  }

  /**
   * Starts writing; waits first for the write before it, so that at most one copy of the state is
   * held.
   *
   * @param mayCommit asked just before the commit; false discards the checkpoint (its generation is
   *     over)
   */
  public void write(Snapshot snapshot, BooleanSupplier mayCommit) {
    awaitWritten();
    inFlight = thread.submit(() -> writeGuarded(snapshot, mayCommit));
  }

  /** Waits until nothing is being written. */
  public void awaitWritten() {
    if (inFlight == null) {
      return;
    }
    try {
      inFlight.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    inFlight = null;
  }

  private void writeGuarded(Snapshot snapshot, BooleanSupplier mayCommit) {
    Path unfinished = folder.unfinished(snapshot.state().step());
    try {
      write(unfinished, snapshot, mayCommit);
    } catch (IOException | RuntimeException e) {
      deleteQuietly(unfinished);
      onFailure.accept(
          new CheckpointException(
              "%s: checkpoint of step %d was not written: %s (%d MiB are free there). Make room or choose another --logs; the checkpoints before it are whole."
                  .formatted(folder.path(), snapshot.state().step(), e, folder.freeBytes() >> 20),
              e));
    } finally {
      snapshot.free();
    }
  }

  private void write(Path unfinished, Snapshot snapshot, BooleanSupplier mayCommit)
      throws IOException {
    RunState state = snapshot.state();
    if (alreadyThere(state.step())) {
      return;
    }
    CheckpointFolder.deleteTree(unfinished);
    Files.createDirectories(unfinished);
    Safetensors.write(
        unfinished.resolve(Checkpoint.MODEL), snapshot.model(), Map.of("format", "pt"));
    Safetensors.write(
        unfinished.resolve(Checkpoint.OPTIMIZER), snapshot.optimizer(), Map.of("format", "pt"));
    Checkpoint.JSON
        .writerWithDefaultPrettyPrinter()
        .writeValue(unfinished.resolve(Checkpoint.STATE).toFile(), state);
    TreeMap<String, Manifest.Entry> files = new TreeMap<>();
    for (String name : new String[] {Checkpoint.MODEL, Checkpoint.OPTIMIZER, Checkpoint.STATE}) {
      Path file = unfinished.resolve(name);
      Checksums.sync(file);
      files.put(name, new Manifest.Entry(Files.size(file), Checksums.sha256(file)));
    }
    Path manifest = unfinished.resolve(Checkpoint.MANIFEST);
    Checkpoint.JSON
        .writerWithDefaultPrettyPrinter()
        .writeValue(manifest.toFile(), new Manifest(state.step(), state.generation(), files));
    Checksums.sync(manifest);
    Checksums.sync(unfinished);
    if (!mayCommit.getAsBoolean()) {
      log.warn(
          "checkpoint of step {} discarded: generation {} is over",
          state.step(),
          state.generation());
      CheckpointFolder.deleteTree(unfinished);
      return;
    }
    Path committed = folder.committed(state.step());
    Files.move(unfinished, committed, StandardCopyOption.ATOMIC_MOVE);
    Checksums.sync(folder.path());
    folder.retain(keep, unfinished);
    onWritten.accept(state.step(), committed);
  }

  /** A whole checkpoint of this step, from before a resume, stays; a damaged one makes way. */
  private boolean alreadyThere(long step) throws IOException {
    Path committed = folder.committed(step);
    if (!Files.exists(committed)) {
      return false;
    }
    try {
      Checkpoint.open(committed);
      return true;
    } catch (CheckpointException e) {
      log.warn("{} It is written anew.", e.getMessage());
      CheckpointFolder.deleteTree(committed);
      return false;
    }
  }

  private static void deleteQuietly(Path unfinished) {
    try {
      CheckpointFolder.deleteTree(unfinished);
    } catch (IOException e) {
      log.warn("{}: cannot be deleted: {}", unfinished, e.getMessage());
    }
  }

  @Override
  public void close() {
    awaitWritten();
    thread.shutdown();
    try {
      thread.awaitTermination(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
