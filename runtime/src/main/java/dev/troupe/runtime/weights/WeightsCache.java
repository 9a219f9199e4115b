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
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
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

  /** For asking whether a copy that is here is still the newest. */
  private static final Duration IMPATIENCE = Duration.ofSeconds(3);

  private final Path folder;
  private final Fetcher fetcher;
  private final Fetcher impatient;
  private final boolean ownEndpoint;

  /**
   * A cache with the stores of {@code spec}.
   *
   * @param folder made when first needed
   */
  public WeightsCache(Path folder, StoreSpec spec) {
    this.folder = folder;
    this.fetcher = new Fetcher(spec.withPatience(spec.patience().stallTimeout(), PATIENCE, 1));
    this.impatient = new Fetcher(spec.withPatience(IMPATIENCE, IMPATIENCE, 1));
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
    if (at < 0) {
      return fetch(new Entry(url, Optional.empty(), place(address, url)));
    }
    if (!address.startsWith(SHA256, at)
        || !address.substring(at + 8).matches("[0-9a-fA-F]{8,64}")) {
      throw new WeightsException(
          address + ": " + address.substring(at) + " (expected: #sha256= and 8 to 64 digits)");
    }
    String digits = address.substring(at + 8).toLowerCase(Locale.ROOT);
    return fetch(new Entry(url, Optional.of(digits), place(url + SHA256 + digits, url)));
  }

  /** The file behind an address, kept at a place of its own. */
  Path fetch(String url, Path place) {
    return fetch(new Entry(url, Optional.empty(), place));
  }

  private Path fetch(Entry entry) {
    try {
      return entry.fetch();
    } catch (IOException e) {
      throw new UncheckedIOException(folder + ": " + e.getMessage(), e);
    }
  }

  /**
   * Whether there is an object at an address; false if the store says that there is none.
   *
   * @param place where its file would be kept
   */
  boolean exists(String url, Path place) {
    try {
      checkHost(url, place);
      fetcher.stat(url);
      return true;
    } catch (StoreException e) {
      if (e.kind() == StoreException.Kind.GONE || e.kind() == StoreException.Kind.DENIED) {
        return false;
      }
      throw unreachable(url, place, e);
    } catch (IOException e) {
      throw unreachable(url, place, e);
    }
  }

  private Path place(String address, String url) {
    String path = URI.create(url).getPath();
    String name = path.substring(path.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9._-]", "_");
    return folder.resolve(key(address) + "-" + name);
  }

  @Override
  public void close() {
    fetcher.close();
    impatient.close();
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
                ? "no network: host " + URI.create(url).getHost() + " is unknown"
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
    private final Path source;

    Entry(String url, Optional<String> sha256, Path file) {
      this.url = url;
      this.sha256 = sha256;
      this.file = file;
      this.source = beside(".source");
    }

    private Path beside(String ending) {
      return file.resolveSibling(file.getFileName() + ending);
    }

    Path fetch() throws IOException {
      if (isHere()) {
        return file;
      }
      checkHost(url, file);
      Files.createDirectories(file.getParent());
      // The file lock keeps other processes out, the monitor other threads of this one.
      synchronized (WeightsCache.class) {
        try (FileChannel channel =
                FileChannel.open(
                    beside(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = lock(channel)) {
          if (!isHere()) { // another process may have fetched it meanwhile
            transfer();
          }
        }
      }
      return file;
    }

    private FileLock lock(FileChannel channel) throws IOException {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return lock;
      }
      LOG.info("waiting for another process that fetches {}", url);
      return channel.lock();
    }

    private boolean isHere() throws IOException {
      if (!Files.isRegularFile(file)) {
        return false;
      }
      if (sha256.isEmpty()) {
        return isCurrent();
      }
      if (!Files.exists(source)) { // put there by hand
        check(file);
        rememberVersion(null);
      }
      return true;
    }

    /** Whether the server still has the version that is cached; a copy is better than none. */
    private boolean isCurrent() throws IOException {
      String known = knownVersion();
      try {
        checkHost(url, file);
        String version = impatient.stat(url).version();
        if (version == null || known == null || version.equals(known)) {
          return true;
        }
        LOG.info("{} has changed: fetching it again", url);
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
      String version = info.version();
      // What is resumed must be of the same version.
      Path part = beside(".part" + (version == null ? "" : "-" + key(version)));
      deleteOtherParts(part);
      long have = Files.exists(part) ? Files.size(part) : 0;
      if (version == null || have > info.size()) {
        have = 0;
        Files.deleteIfExists(part);
      }
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
            fetcher.copy(url, version, new FileTarget(out, progress));
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
      check(part);
      Files.deleteIfExists(source);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      rememberVersion(version);
    }

    private void deleteOtherParts(Path part) throws IOException {
      String start = file.getFileName() + ".part";
      try (DirectoryStream<Path> parts = Files.newDirectoryStream(file.getParent(), start + "*")) {
        for (Path other : parts) {
          if (!other.equals(part)) {
            Files.delete(other);
          }
        }
      }
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

    /** Compares a file's checksum with the address's; one that differs is removed. */
    private void check(Path arrived) throws IOException {
      if (sha256.isEmpty()) {
        return;
      }
      String found = Checksums.sha256(arrived);
      if (!found.startsWith(sha256.get())) {
        Files.delete(arrived);
        throw new WeightsException(
            url
                + ": sha256 "
                + found
                + " (expected: "
                + sha256.get()
                + "); the file there is not the one that was meant, or was damaged on its way; "
                + arrived
                + " was removed");
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

    private void rememberVersion(String version) throws IOException {
      Map<String, String> what =
          version == null ? Map.of("address", url) : Map.of("address", url, "version", version);
      Files.write(source, JSON.writeValueAsBytes(what));
    }

    /** The version of the cached file, or null if there is none or its server told none. */
    private String knownVersion() throws IOException {
      if (!Files.exists(source)) {
        return null;
      }
      JsonNode value = JSON.readTree(source.toFile()).get("version");
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
