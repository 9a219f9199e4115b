package dev.troupe.nn.collective;

import dev.troupe.nn.torch.TensorScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.AllToAllOptions;
import org.bytedeco.pytorch.AllgatherOptions;
import org.bytedeco.pytorch.AllreduceOptions;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One rank's end of a process group. All ranks must start the same operations in the same order.
 *
 * <p>Every operation works in place or returns a new tensor of the surrounding scope, and fails
 * with one checked {@link CollectiveException} that names the operation and the rank. Methods are
 * called by one thread, except {@link #abort}, which may come from any.
 *
 * <p>A peer's death fails operations at once, since its sockets close. A peer that hangs fails them
 * when their {@linkplain #timeout timeout} is over. {@link #abort} fails them within some
 * milliseconds: Gloo cannot cancel what is in flight, so the caller is let go and the operation is
 * left to end by itself. Until it ends it may still write to its tensors: <b>after a failure, drop
 * the tensors of the operations in flight and never use them again.</b>
 */
public final class Collectives implements AutoCloseable {
  /** How long an abort may go unnoticed by a waiting thread. */
  private static final long SLICE_MILLIS = 25;

  private final GroupSpec spec;
  private volatile Duration timeout;
  private volatile boolean aborted;
  private volatile boolean closed;
  private volatile boolean waiting;
  private final CompletableFuture<Void> abortSignal = new CompletableFuture<>();
  private volatile Connection connection;

  /** Operations that nobody has awaited; each keeps its tensors, and the group's sockets. */
  private final Set<Work> inFlight =
      Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));

  /** What must be freed when the group is left. */
  private record Connection(Backend backend, TCPStore store) {
    void close() {
      backend.close();
      store.close();
    }
  }

  private Collectives(GroupSpec spec) {
    this.spec = spec;
    this.timeout = spec.timeout();
  }

  /**
   * A rank's end that is not connected yet, so that another thread can {@link #abort} a {@link
   * #connect} that waits.
   */
  public static Collectives prepare(GroupSpec spec) {
    return new Collectives(spec);
  }

  /** {@link #prepare} and {@link #connect} in one. */
  public static Collectives join(GroupSpec spec) throws CollectiveException {
    Collectives group = prepare(spec);
    group.connect();
    return group;
  }

  /** A group of one on {@code device}, which needs no network. */
  public static Collectives alone(String device) {
    return new Collectives(GroupSpec.alone(device));
  }

  /**
   * Forms the group: returns when all ranks are connected.
   *
   * @throws CollectiveException if a rank does not come in time, the store cannot be reached, or
   *     the group was aborted
   */
  public void connect() throws CollectiveException {
    if (spec.worldSize() == 1) {
      return;
    }
    // On a thread of its own: a store whose host hangs would block for ever, and an abort or the
    // time limit must not wait for it. What connects too late is closed by that thread.
    CompletableFuture<Connection> forming = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                Connection formed = form();
                if (!forming.complete(formed)) {
                  formed.close();
                }
              } catch (RuntimeException | LinkageError e) {
                forming.completeExceptionally(e);
              }
            },
            "form-group-" + spec.generation() + "-" + spec.rank());
    thread.setDaemon(true);
    thread.start();
    try {
      CompletableFuture.anyOf(forming, abortSignal)
          .get(timeout.toMillis() + 1000, TimeUnit.MILLISECONDS);
      connection = forming.getNow(null);
      if (connection == null) {
        throw failure("forming the group", "aborted", null);
      }
    } catch (ExecutionException e) {
      throw failure("forming the group", firstLine(e.getCause()), e.getCause());
    } catch (TimeoutException e) {
      throw failure("forming the group", "no answer from " + spec.rendezvous(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure("forming the group", "interrupted", e);
    } finally {
      if (connection == null && !forming.cancel(false) && !forming.isCompletedExceptionally()) {
        forming.join().close();
      }
    }
  }

  private Connection form() {
    TCPStore store = Rendezvous.connect(spec.rendezvous(), spec.timeout());
    try (PointerScope scope = new PointerScope()) {
      Backend backend = Backends.connect(spec, store);
      backend.retainReference();
      return new Connection(backend, store);
    } catch (RuntimeException | LinkageError e) {
      store.close();
      throw e;
    }
  }

  public int rank() {
    return spec.rank();
  }

  public int worldSize() {
    return spec.worldSize();
  }

  /** The device that tensors must live on. */
  public String device() {
    return spec.device();
  }

  /** Sets how long each operation started from now on may take before it fails. */
  public void timeout(Duration timeout) {
    this.timeout = timeout;
  }

  /** Adds {@code tensor} up over all ranks, in place. */
  public void allReduce(Tensor tensor) throws CollectiveException {
    startAllReduce(tensor).await();
  }

  /** Starts to add {@code tensor} up over all ranks, in place; wait before touching it. */
  public PendingWork startAllReduce(Tensor tensor) throws CollectiveException {
    return start(
        "all-reduce",
        backend ->
            backend.allreduce(
                new TensorVector(tensor), new AllreduceOptions().timeout(milliseconds())));
  }

  /**
   * Gathers rows of all ranks, in the order of ranks.
   *
   * @param rows this rank's rows, n×…, contiguous; n may be 0
   * @param counts the number of rows of each rank; {@code counts[rank()]} is n
   * @return Σcounts×…
   */
  public Tensor allGather(Tensor rows, long[] counts) throws CollectiveException {
    long most = 0;
    boolean even = true;
    for (long count : counts) {
      most = Math.max(most, count);
      even &= count == counts[0];
    }
    if (spec.worldSize() == 1 || most == 0) {
      return rows;
    }
    try (TensorScope scope = new TensorScope()) {
      long[] shape = rows.sizes().vec().get();
      shape[0] = most;
      Tensor input = even ? rows : torch.zeros(shape, rows.options());
      if (!even && counts[rank()] > 0) {
        input.narrow(0, 0, counts[rank()]).copy_(rows);
      }
      shape[0] = most * worldSize();
      Tensor gathered = torch.empty(shape, rows.options(), new MemoryFormatOptional());
      gatherInto(gathered, input);
      return scope.keep(even ? gathered : cut(gathered, counts, most));
    }
  }

  private Tensor cut(Tensor padded, long[] counts, long most) {
    TensorVector parts = new TensorVector();
    for (int r = 0; r < counts.length; r++) {
      parts.push_back(padded.narrow(0, r * most, counts[r]));
    }
    return torch.cat(parts);
  }

  /** Gathers the same number of longs from each rank: a row a rank. */
  public long[][] allGather(long... values) throws CollectiveException {
    if (worldSize() == 1) {
      return new long[][] {values.clone()};
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor input = torch.tensor(values).to(new Device(device()), ScalarType.Long);
      Tensor gathered =
          torch.empty(
              new long[] {(long) worldSize() * values.length},
              options(ScalarType.Long),
              new MemoryFormatOptional());
      gatherInto(gathered, input);
      long[] flat = new long[worldSize() * values.length];
      new LongPointer(gathered.cpu().data_ptr()).get(flat);
      long[][] rows = new long[worldSize()][values.length];
      for (int r = 0; r < rows.length; r++) {
        System.arraycopy(flat, r * values.length, rows[r], 0, values.length);
      }
      return rows;
    }
  }

  /** Gathers one byte string from each rank, of any lengths, in the order of ranks. */
  public List<byte[]> allGatherBytes(byte[] bytes) throws CollectiveException {
    long[][] lengths = allGather(bytes.length);
    long[] counts = new long[worldSize()];
    for (int r = 0; r < counts.length; r++) {
      counts[r] = lengths[r][0];
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor rows =
          torch.empty(
              new long[] {bytes.length},
              options(ScalarType.Byte, "cpu"),
              new MemoryFormatOptional());
      if (bytes.length > 0) {
        new BytePointer(rows.data_ptr()).put(bytes);
      }
      Tensor gathered = allGather(rows.to(new Device(device()), ScalarType.Byte), counts).cpu();
      BytePointer data = gathered.numel() == 0 ? null : new BytePointer(gathered.data_ptr());
      List<byte[]> all = new ArrayList<>(worldSize());
      long position = 0;
      for (long count : counts) {
        byte[] one = new byte[(int) count];
        if (count > 0) {
          data.position(position).get(one);
          position += count;
        }
        all.add(one);
      }
      return all;
    }
  }

  private void gatherInto(Tensor output, Tensor input) throws CollectiveException {
    startGather(output, input).await();
  }

  /**
   * Starts to gather {@code input} of each rank into {@code output}, whose first dimension is as
   * many times as large as there are ranks.
   */
  PendingWork startGather(Tensor output, Tensor input) throws CollectiveException {
    if (spec.kind() == BackendKind.NCCL) {
      return start(
          "all-gather",
          backend ->
              backend._allgather_base(
                  output, input, new AllgatherOptions().timeout(milliseconds())));
    }
    // Not c10d's all-gather for Gloo: it receives into a tensor of its own, which it frees, when a
    // peer is lost, before the transport has let go of it, so that what another peer sends just
    // then is written to freed memory. All-to-all receives into the tensor it is given, and holds
    // on to it.
    return start(
        "all-gather",
        backend -> {
          Tensor copies = torch.cat(copies(input)).contiguous();
          return backend.alltoall_base(
              output,
              copies,
              new LongVector(),
              new LongVector(),
              new AllToAllOptions().timeout(milliseconds()));
        });
  }

  /** One for each rank. */
  private TensorVector copies(Tensor tensor) {
    TensorVector copies = new TensorVector();
    for (int r = 0; r < worldSize(); r++) {
      copies.push_back(tensor);
    }
    return copies;
  }

  /** Overwrites {@code tensor} on all ranks with that of {@code root}. */
  public void broadcast(Tensor tensor, int root) throws CollectiveException {
    startBroadcast(tensor, root).await();
  }

  /** Starts to overwrite {@code tensor} with that of {@code root}; wait before touching it. */
  public PendingWork startBroadcast(Tensor tensor, int root) throws CollectiveException {
    return start(
        "broadcast",
        backend ->
            backend.broadcast(
                new TensorVector(tensor),
                new BroadcastOptions().rootRank(root).timeout(milliseconds())));
  }

  /**
   * Starts to overwrite rank {@code to}'s {@code bytes} with those of rank {@code from}; wait
   * before touching them. All ranks take part, but nothing travels to the others.
   *
   * @param bytes one-dimensional, of the same length on both ranks; not touched on the others
   */
  public PendingWork startSend(Tensor bytes, int from, int to) throws CollectiveException {
    long[] sent = new long[worldSize()];
    long[] received = new long[worldSize()];
    sent[to] = rank() == from ? bytes.size(0) : 0;
    received[from] = rank() == to ? bytes.size(0) : 0;
    Tensor nothing = bytes.narrow(0, 0, 0);
    return start(
        "send",
        backend ->
            backend.alltoall_base(
                rank() == to ? bytes : nothing,
                rank() == from ? bytes : nothing,
                new LongVector(received),
                new LongVector(sent),
                new AllToAllOptions().timeout(milliseconds())));
  }

  /** Waits for all ranks. */
  public void barrier() throws CollectiveException {
    allGather(rank());
  }

  private interface Operation {
    Work start(Backend backend);
  }

  private PendingWork start(String name, Operation operation) throws CollectiveException {
    checkUsable(name);
    if (spec.worldSize() == 1) {
      return PendingWork.DONE;
    }
    try (PointerScope scope = new PointerScope()) {
      Work work = operation.start(connection.backend());
      // Until it is awaited or the group is left, whatever scope the caller is in.
      work.retainReference();
      inFlight.add(work);
      return () -> await(name, work);
    } catch (RuntimeException e) {
      throw failure(name, firstLine(e), e);
    }
  }

  private void await(String name, Work work) throws CollectiveException {
    checkUsable(name);
    waiting = true;
    try {
      while (!work.isCompleted()) {
        checkUsable(name);
        waitSlice(work);
      }
      work._wait();
    } catch (RuntimeException e) {
      throw failure(name, firstLine(e), e);
    } finally {
      waiting = false;
      if (inFlight.remove(work)) {
        work.close();
      }
    }
  }

  /** Waits for a short while; the caller looks at the work's state to see what came of it. */
  private void waitSlice(Work work) {
    if (spec.kind() == BackendKind.NCCL) {
      // A timed wait that runs out would make NCCL abort the communicator.
      LockSupport.parkNanos(50_000);
      return;
    }
    try (PointerScope scope = new PointerScope()) {
      work._wait(new Milliseconds(SLICE_MILLIS));
    } catch (RuntimeException sliceOver) {
      // Either the slice is over, or the work failed: then it is completed and says so again.
    }
  }

  private void checkUsable(String name) throws CollectiveException {
    if (aborted || closed) {
      throw failure(name, closed ? "the group is closed" : "aborted", null);
    }
  }

  /** Whether this rank waits for the others right now. Any thread. */
  public boolean waiting() {
    return waiting;
  }

  /** Makes {@link #connect}, operations in flight and those to come fail soon. Any thread. */
  public void abort() {
    aborted = true;
    abortSignal.complete(null);
    Connection current = connection;
    if (current != null && spec.kind() == BackendKind.NCCL) {
      // A thread may wait for the device, where only the communicator's end lets it go.
      current.backend().abort();
    }
  }

  /**
   * Leaves the group: peers that wait for this rank fail. Does not wait for operations in flight;
   * they end on a thread of their own.
   */
  @Override
  public void close() {
    closed = true;
    if (connection != null) {
      Connection leaving = connection;
      connection = null;
      List<Work> abandoned = List.copyOf(inFlight);
      inFlight.clear();
      Thread thread =
          new Thread(
              () -> leave(leaving, abandoned),
              "leave-group-" + spec.generation() + "-" + spec.rank());
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void leave(Connection leaving, List<Work> abandoned) {
    if (spec.kind() == BackendKind.NCCL) {
      leaving.backend().abort();
    }
    // Waits until the operations have ended; their tensors go after that, and the sockets last.
    leaving.close();
    abandoned.forEach(Work::close);
  }

  private TensorOptions options(ScalarType type) {
    return options(type, device());
  }

  private static TensorOptions options(ScalarType type, String device) {
    return new TensorOptions()
        .dtype(new ScalarTypeOptional(type))
        .device(new DeviceOptional(new Device(device)));
  }

  private Milliseconds milliseconds() {
    return new Milliseconds(timeout.toMillis());
  }

  private CollectiveException failure(String operation, String reason, Throwable cause) {
    return new CollectiveException(operation, spec, reason, cause);
  }

  /** libtorch's messages carry a C++ stack trace and the path of a source file. */
  private static String firstLine(Throwable e) {
    String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return line.replaceFirst("^\\[[^\\]]*\\.(cc|cpp|h):\\d+\\] ", "");
  }
}
