package dev.troupe.data.store;

import dev.troupe.data.store.StoreException.Kind;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads remote objects until they are whole: after a fault it waits (exponential backoff with full
 * jitter, or as long as the server asks) and goes on at the byte where it stopped. A connection
 * that delivers next to nothing is replaced. Only {@link StoreSpec.Patience#giveUpAfter} without a
 * new byte ends it, or an answer that no retry will change.
 */
public final class Fetcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Fetcher.class);
  private static final long FIRST_WAIT_MILLIS = 100;
  private static final long LONGEST_WAIT_MILLIS = 5_000;

  /** A connection counts as stuck when less than this arrives within the stall timeout. */
  private static final int STUCK_BYTES = 16 * 1024;

  /** A refusal may be a token about to be renewed: so many tries. */
  private static final int DENIED_TRIES = 3;

  /** A user who waits should know for what. */
  private static final int FIRST_WARNING_SECONDS = 5;

  private static final int NEXT_WARNING_SECONDS = 60;

  private final StoreSpec spec;
  private final Map<String, Store> stores = new ConcurrentHashMap<>();
  private final Map<String, Boolean> ranges = new ConcurrentHashMap<>();
  private final Set<Store.Body> open = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);

  public Fetcher(StoreSpec spec) {
    this.spec = spec;
  }

  /** Whether an address needs fetching, in contrast to a local path. */
  public static boolean isRemote(String url) {
    return url.startsWith("s3://") || url.startsWith("http://") || url.startsWith("https://");
  }

  /** Size (or -1) and version (or null) of an object. */
  public ObjectInfo stat(String url) throws IOException {
    return retry(
        url,
        new Attempts(false),
        () -> {
          Store.Stat stat = store(url).stat(url);
          return new ObjectInfo(stat.size(), stat.version());
        });
  }

  /** Addresses that match a pattern, sorted. */
  public List<String> glob(String pattern) throws IOException {
    return retry(pattern, new Attempts(false), () -> store(pattern).glob(pattern));
  }

  /**
   * Reads the bytes [from, to) of a version of an object; fewer if it ends before.
   *
   * @throws StoreException of kind CHANGED if the object has another version now
   */
  public byte[] range(String url, long from, long to, String version) throws IOException {
    byte[] bytes = new byte[Math.toIntExact(to - from)];
    int[] length = {0};
    Transfer transfer =
        new Transfer(
            url,
            from,
            to,
            version,
            new Target() {
              @Override
              public void restart() {
                length[0] = 0;
              }

              @Override
              public void write(byte[] data, int offset, int n) {
                System.arraycopy(data, offset, bytes, length[0], n);
                length[0] += n;
              }
            });
    retry(url, transfer.attempts, transfer);
    return length[0] == bytes.length ? bytes : Arrays.copyOf(bytes, length[0]);
  }

  /** Whether a server gives parts of objects, asked once of each. */
  public boolean hasRanges(String url) throws IOException {
    if (url.startsWith("s3://")) {
      return true;
    }
    String server = url.substring(0, Math.max(url.indexOf('/', 8), 8));
    Boolean known = ranges.get(server);
    if (known == null) {
      known =
          retry(
              url,
              new Attempts(false),
              () -> {
                try (Store.Body body = store(url).open(url, 1, 2, null)) {
                  return body.start() == 1;
                }
              });
      ranges.put(server, known);
    }
    return known;
  }

  /** Reads a whole object, checked against the checksums that the store gives. */
  public void copy(String url, String version, Target target) throws IOException {
    Transfer transfer = new Transfer(url, 0, -1, version, target);
    retry(url, transfer.attempts, transfer);
  }

  /** Takes an object's bytes in order. */
  public interface Target {
    /** What was written so far is void: the object comes again from its start. */
    void restart() throws IOException;

    void write(byte[] bytes, int offset, int length) throws IOException;

    /** A target that writes to a stream that cannot start again. */
    static Target of(OutputStream out) {
      return new Target() {
        private long written;

        @Override
        public void restart() throws IOException {
          if (written > 0) {
            throw new StoreException(Kind.CHANGED, "the object changed while it was read", null);
          }
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          out.write(bytes, offset, length);
          written += length;
        }
      };
    }
  }

  /**
   * @param size in bytes, or -1 if the store does not tell
   * @param version ETag or date of the last change; null if the store gives neither
   */
  public record ObjectInfo(long size, String version) {}

  @Override
  public void close() {
    closed.countDown();
    open.forEach(Store.Body::close);
    stores.values().forEach(Store::close);
  }

  private Store store(String url) {
    String scheme = url.substring(0, url.indexOf(':'));
    return stores.computeIfAbsent(
        scheme,
        s -> s.equals("s3") ? new S3Store(spec) : new HttpStore(spec.patience().stallTimeout()));
  }

  private interface Operation<T> {
    T run() throws IOException;
  }

  /** Tries since the last progress. */
  private static final class Attempts {
    /** Whether another version of the object is of no use. */
    private final boolean isFixed;

    private int failures;
    private int denials;
    private int mismatches;
    private long lastProgress = System.nanoTime();
    private long warnAfterSeconds = FIRST_WARNING_SECONDS;

    Attempts(boolean isFixed) {
      this.isFixed = isFixed;
    }

    private void progress() {
      failures = 0;
      lastProgress = System.nanoTime();
      warnAfterSeconds = FIRST_WARNING_SECONDS;
    }
  }

  private <T> T retry(String url, Attempts attempts, Operation<T> operation) throws IOException {
    while (true) {
      StoreException failure;
      try {
        return operation.run();
      } catch (TargetException e) {
        throw e.getCause();
      } catch (StoreException e) {
        failure = e;
      } catch (IOException e) {
        failure = new StoreException(Kind.RETRY, url + ": " + e, e);
      } catch (IllegalStateException e) {
        // What a client says to a request made after its end.
        if (closed.getCount() > 0) {
          throw e;
        }
        failure = new StoreException(Kind.CLOSED, url + ": " + e, e);
      }
      if (closed.getCount() == 0) {
        throw new StoreException(Kind.CLOSED, url + ": reading was stopped", failure);
      }
      if (failure.kind() == Kind.GONE
          || failure.kind() == Kind.CHANGED && attempts.isFixed
          || failure.kind() == Kind.DENIED && ++attempts.denials >= DENIED_TRIES) {
        throw failure;
      }
      Duration idle = Duration.ofNanos(System.nanoTime() - attempts.lastProgress);
      if (idle.compareTo(spec.patience().giveUpAfter()) > 0) {
        throw new StoreException(
            failure.kind(),
            failure.getMessage() + " (gave up after " + idle.toSeconds() + " s without progress)",
            failure);
      }
      long wait = wait(attempts.failures++, failure.retryAfter());
      LOG.debug("{}; next try in {} ms", failure.getMessage(), wait);
      if (idle.toSeconds() >= attempts.warnAfterSeconds) {
        attempts.warnAfterSeconds = idle.toSeconds() + NEXT_WARNING_SECONDS;
        LOG.warn(
            "{}; no progress for {} s, tries go on for {} s",
            failure.getMessage(),
            idle.toSeconds(),
            spec.patience().giveUpAfter().toSeconds());
      }
      try {
        if (closed.await(wait, TimeUnit.MILLISECONDS)) {
          throw new StoreException(Kind.CLOSED, url + ": reading was stopped", failure);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StoreException(Kind.CLOSED, url + ": reading was interrupted", e);
      }
    }
  }

  private static long wait(int failures, Duration asked) {
    long bound = Math.min(LONGEST_WAIT_MILLIS, FIRST_WAIT_MILLIS << Math.min(failures, 16));
    long wait = ThreadLocalRandom.current().nextLong(bound / 2, bound + 1);
    return asked == null ? wait : Math.max(wait, Math.min(asked.toMillis(), 60_000));
  }

  /** Failures of the target are not the store's and no reason to try again. */
  private static final class TargetException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TargetException(IOException cause) {
      super(cause);
    }

    @Override
    public synchronized IOException getCause() {
      return (IOException) super.getCause();
    }
  }

  /** One object's way here; each run goes on where the last one stopped. */
  private final class Transfer implements Operation<Void> {
    private static final int MISMATCHES = 5;

    private final String url;
    private final long from;
    private final long to;
    private final Target target;
    private final Attempts attempts;
    private final byte[] buffer = new byte[128 * 1024];
    private String version;
    private long at;
    private Digests digests = new Digests(Map.of());

    Transfer(String url, long from, long to, String version, Target target) {
      this.url = url;
      this.from = from;
      this.to = to;
      this.version = version;
      this.target = target;
      this.at = from;
      this.attempts = new Attempts(to >= 0 && version != null);
    }

    @Override
    public Void run() throws IOException {
      try {
        Store.Body body = store(url).open(url, at, to, version);
        open.add(body);
        try {
          if (closed.getCount() == 0) {
            throw new StoreException(Kind.CLOSED, url + ": reading was stopped", null);
          }
          read(body);
        } finally {
          open.remove(body);
          body.close();
        }
      } catch (StoreException e) {
        if (e.kind() == Kind.CHANGED && to < 0) {
          LOG.warn("{}; reading it again from the start", e.getMessage());
          version = null;
          restart();
        }
        throw e;
      }
      return null;
    }

    private void restart() {
      at = from;
      try {
        target.restart();
      } catch (IOException e) {
        throw new TargetException(e);
      }
    }

    private void read(Store.Body body) throws IOException {
      if (version == null) {
        version = body.version();
      }
      if (at == 0) {
        digests = new Digests(body.digests());
      }
      InputStream stream = body.stream();
      // A server without ranges sends everything again.
      for (long skip = at - body.start(); skip > 0; ) {
        int n = stream.read(buffer, 0, (int) Math.min(buffer.length, skip));
        if (n < 0) {
          throw new EOFException("the connection ended");
        }
        skip -= n;
      }
      long end = to < 0 ? body.size() : body.size() < 0 ? to : Math.min(to, body.size());
      long windowStart = System.nanoTime();
      long windowBytes = 0;
      while (end < 0 || at < end) {
        int wanted = (int) (end < 0 ? buffer.length : Math.min(buffer.length, end - at));
        int n = stream.read(buffer, 0, wanted);
        if (n < 0) {
          if (end < 0) {
            break;
          }
          throw new EOFException("the connection ended at byte " + at + " of " + end);
        }
        try {
          target.write(buffer, 0, n);
        } catch (IOException e) {
          throw new TargetException(e);
        }
        digests.update(buffer, 0, n);
        at += n;
        windowBytes += n;
        long now = System.nanoTime();
        if (now - windowStart > spec.patience().stallTimeout().toNanos()) {
          if (windowBytes < STUCK_BYTES) {
            throw new StoreException(
                Kind.RETRY, url + ": stuck at " + windowBytes + " bytes in a stall timeout", null);
          }
          windowStart = now;
          windowBytes = 0;
        }
        if (windowBytes >= STUCK_BYTES) {
          attempts.progress();
        }
      }
      if (stream.read(buffer, 0, 1) < 0) {
        // Read to its end: the connection may serve the next request.
        stream.close();
      }
      String mismatch = digests.mismatch();
      if (mismatch != null) {
        Kind kind = Kind.RETRY;
        if (++attempts.mismatches >= MISMATCHES) {
          kind = Kind.DENIED;
          attempts.denials = DENIED_TRIES;
        }
        restart();
        throw new StoreException(kind, url + ": arrived damaged: " + mismatch, null);
      }
    }
  }
}
