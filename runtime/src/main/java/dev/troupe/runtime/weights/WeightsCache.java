package dev.troupe.runtime.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.data.store.Fetcher;
import dev.troupe.data.store.StoreException;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.nn.weights.Checksums;
import dev.troupe.nn.weights.WeightsException;
import dev.troupe.runtime.log.Terminal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Weights fetched from {@code s3://} and {@code http(s)://} addresses, kept on this machine. A
 * fetch that was interrupted goes on where it stopped, in this process or a later one; two
 * processes that want the same file fetch it once.
 *
 * <p>An address may end in {@code #sha256=DIGITS} (all 64 or at least the first eight): the file is
 * then checked before it gets its name in the cache, and never asked for again. Without, the cached
 * file is used as long as the server says it is unchanged, or can't be reached.
 */
public final class WeightsCache implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WeightsCache.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SHA256 = "#sha256=";
  private static final int CHUNK = 32 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path folder;
  private final Fetcher fetcher;
  private final boolean ownEndpoint;

  /**
   * A cache with the stores of {@code spec}.
   *
   * @param folder made when first needed
   */
  public WeightsCache(Path folder, StoreSpec spec) {
    this.folder = folder;
    this.fetcher = new Fetcher(spec.withPatience(spec.patience().stallTimeout(), PATIENCE, 1));
    this.ownEndpoint = spec.s3().endpoint() != null;
  }

  /**
   * The file behind an address, fetched if need be.
   *
   * @throws WeightsException if it can't be reached or has another checksum; names the remedy
   */
  public Path fetch(String address) {
    int at = address.indexOf('#');
    String url = at < 0 ? address : address.substring(0, at);
    Optional<String> sha256 = Optional.empty();
    if (at >= 0) {
      if (!address.startsWith(SHA256, at)
          || !address.substring(at + 8).matches("[0-9a-fA-F]{8,64}")) {
        throw new WeightsException(
            address + ": " + address.substring(at) + " (expected: #sha256= and 8 to 64 digits)");
      }
      sha256 = Optional.of(address.substring(at + 8).toLowerCase());
    }
    try {
      return new Entry(url, sha256).fetch();
    } catch (IOException e) {
      throw new UncheckedIOException(folder + ": " + e.getMessage(), e);
    }
  }

  /** Whether there is an object at an address; false if the store says that there is none. */
  boolean exists(String url) {
    try {
      checkHost(url, folder);
      fetcher.stat(url);
      return true;
    } catch (StoreException e) {
      if (e.kind() == StoreException.Kind.GONE || e.kind() == StoreException.Kind.DENIED) {
        return false;
      }
      throw unreachable(url, folder, e);
    } catch (IOException e) {
      throw unreachable(url, folder, e);
    }
  }

  @Override
  public void close() {
    fetcher.close();
  }

  /** Fails at once without a network, where the fetcher would go on trying. */
  private void checkHost(String url, Path target) {
    URI uri = URI.create(url);
    boolean proxied =
        System.getProperty("https.proxyHost") != null
            || System.getProperty("http.proxyHost") != null;
    if (uri.getHost() == null || proxied || (uri.getScheme().equals("s3") && ownEndpoint)) {
      return;
    }
    String host = uri.getScheme().equals("s3") ? "s3.amazonaws.com" : uri.getHost();
    try {
      InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw unreachable(url, target, e);
    }
  }

  private static WeightsException unreachable(String url, Path target, IOException cause) {
    return new WeightsException(
        "can't fetch "
            + url
            + " ("
            + (cause instanceof UnknownHostException
                ? "no network: host " + cause.getMessage() + " is unknown"
                : cause.getMessage())
            + "); fetch it on a machine that can and name the file: --pretrained FILE, or put it at "
            + target,
        cause);
  }

  /** One address and its place in the cache. */
  private final class Entry {
    private final String url;
    private final Optional<String> sha256;
    private final Path file;
    private final Path part;
    private final Path source;

    Entry(String url, Optional<String> sha256) {
      this.url = url;
      this.sha256 = sha256;
      String path = URI.create(url).getPath();
      String name = path.substring(path.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9._-]", "_");
      this.file = folder.resolve(key(url + sha256.map(s -> SHA256 + s).orElse("")) + "-" + name);
      this.part = folder.resolve(file.getFileName() + ".part");
      this.source = folder.resolve(file.getFileName() + ".source");
    }

    Path fetch() throws IOException {
      if (Files.isRegularFile(file) && (sha256.isPresent() || isCurrent())) {
        return file;
      }
      checkHost(url, file);
      Files.createDirectories(folder);
      Path lockFile = folder.resolve(file.getFileName() + ".lock");
      // The file lock keeps other processes out, the monitor other threads of this one.
      synchronized (WeightsCache.class) {
        lockedFetch(lockFile);
      }
      return file;
    }

    private void lockedFetch(Path lockFile) throws IOException {
      try (FileChannel channel =
              FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        if (!Files.isRegularFile(file)) { // another process may have fetched it meanwhile
          transfer();
        }
      }
    }

    /** Whether the server still has the version that is cached; a copy is better than none. */
    private boolean isCurrent() {
      try {
        checkHost(url, file);
        String version = fetcher.stat(url).version();
        if (version == null || version.equals(known("version"))) {
          return true;
        }
        LOG.info("{} has changed: fetching it again", url);
        Files.delete(file);
        return false;
      } catch (IOException | WeightsException e) {
        LOG.info("using the cached copy of {}: {}", url, e.getMessage());
        return true;
      }
    }

    private void transfer() throws IOException {
      Fetcher.ObjectInfo info;
      try {
        info = fetcher.stat(url);
      } catch (IOException e) {
        throw unreachable(url, file, e);
      }
      long have = Files.exists(part) ? Files.size(part) : 0;
      boolean resume =
          have > 0
              && info.version() != null
              && info.version().equals(known("version"))
              && have <= info.size();
      if (!resume) {
        have = 0;
        Files.deleteIfExists(part);
      }
      remember(info.version());
      checkSpace(info.size() - have);
      LOG.info(
          "fetching {} ({}){}",
          url,
          size(info.size()),
          have > 0 ? ", from " + size(have) + " on" : "");
      try (FileChannel out =
              FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          Progress progress = new Progress(url, info.size())) {
        try {
          if (have > 0) {
            fetchRest(out, have, info, progress);
          } else {
            fetcher.copy(url, info.version(), new FileTarget(out, progress));
          }
        } catch (StoreException e) {
          throw unreachable(url, file, e);
        }
        out.force(true);
      }
      if (info.size() >= 0 && Files.size(part) != info.size()) {
        Files.delete(part);
        throw new WeightsException(url + ": changed while it was fetched; try again");
      }
      check();
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private void fetchRest(FileChannel out, long have, Fetcher.ObjectInfo info, Progress progress)
        throws IOException {
      long at = have;
      while (at < info.size()) {
        byte[] chunk = fetcher.range(url, at, Math.min(info.size(), at + CHUNK), info.version());
        writeFully(out, ByteBuffer.wrap(chunk), at);
        at += chunk.length;
        progress.at(at);
        if (chunk.length == 0) {
          return;
        }
      }
    }

    private void check() throws IOException {
      if (sha256.isEmpty()) {
        return;
      }
      String found = Checksums.sha256(part);
      if (!found.startsWith(sha256.get())) {
        Files.delete(part);
        throw new WeightsException(
            url
                + ": sha256 "
                + found
                + " (expected: "
                + sha256.get()
                + "); the file there is not the one that was meant, or was damaged on its way");
      }
    }

    private void checkSpace(long needed) throws IOException {
      long free = Files.getFileStore(folder).getUsableSpace();
      if (needed > free) {
        throw new WeightsException(
            folder
                + ": "
                + size(free)
                + " free, but "
                + url
                + " needs "
                + size(needed)
                + "; name another folder with --cache-dir");
      }
    }

    private void remember(String version) throws IOException {
      Map<String, String> what =
          version == null ? Map.of("address", url) : Map.of("address", url, "version", version);
      Files.write(source, JSON.writeValueAsBytes(what));
    }

    private String known(String key) throws IOException {
      if (!Files.exists(source)) {
        return null;
      }
      JsonNode value = JSON.readTree(source.toFile()).get(key);
      return value == null ? null : value.asText();
    }
  }

  private static void writeFully(FileChannel out, ByteBuffer bytes, long at) throws IOException {
    while (bytes.hasRemaining()) {
      at += out.write(bytes, at);
    }
  }

  private static String key(String address) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(address.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String size(long bytes) {
    return bytes < 0 ? "size unknown" : String.format("%.1f MB", bytes / 1e6);
  }

  /** Writes an object that arrives in order. */
  private static final class FileTarget implements Fetcher.Target {
    private final FileChannel out;
    private final Progress progress;
    private long at;

    FileTarget(FileChannel out, Progress progress) {
      this.out = out;
      this.progress = progress;
    }

    @Override
    public void restart() throws IOException {
      at = 0;
      out.truncate(0);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      writeFully(out, ByteBuffer.wrap(bytes, offset, length), at);
      at += length;
      progress.at(at);
    }
  }

  /** The terminal's status line during a fetch. */
  private static final class Progress implements AutoCloseable {
    private final String name;
    private final long total;
    private final long start = System.nanoTime();
    private long first = -1;
    private long shown;

    Progress(String url, long total) {
      this.name = url.substring(url.lastIndexOf('/') + 1);
      this.total = total;
    }

    void at(long bytes) {
      if (first < 0) {
        first = bytes;
      }
      long now = System.nanoTime();
      if (now - shown < 200_000_000L) {
        return;
      }
      shown = now;
      double rate = (bytes - first) / 1e6 / Math.max(1e-9, (now - start) / 1e9);
      String share = total > 0 ? String.format(" %3d%%", 100 * bytes / total) : "";
      Terminal.error()
          .status(String.format("fetching %s%s  %s  %.1f MB/s", name, share, size(bytes), rate));
    }

    @Override
    public void close() {
      Terminal.error().status("");
    }
  }
}
