package dev.troupe.data.shard;

import dev.troupe.data.store.Fetcher;
import dev.troupe.data.store.Globs;
import dev.troupe.data.stream.DataException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The shards that a location stands for: {@code ::} joins sources, {@code ${NAME}} is the
 * environment variable {@code WDS_NAME}, braces are expanded, then wildcards in local paths and
 * {@code s3://} addresses.
 *
 * @param urls paths or addresses, source after source
 * @param sources index of the source of each shard, for upsampling factors
 */
public record ShardList(List<String> urls, int[] sources) {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)}");

  /** Expands a location; nothing but wildcards touches a disk or the network. */
  public static ShardList expand(String location, Fetcher fetcher) {
    if (location == null || location.isBlank()) {
      throw new DataException("train-data: empty (expected: paths or addresses of shards)");
    }
    return expand(List.of(location.split("::", -1)), fetcher);
  }

  /** Expands a list of sources. */
  public static ShardList expand(List<String> sources, Fetcher fetcher) {
    List<String> urls = new ArrayList<>();
    List<Integer> of = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      for (String url : expandSource(sources.get(i).trim(), fetcher)) {
        urls.add(url);
        of.add(i);
      }
    }
    return new ShardList(List.copyOf(urls), of.stream().mapToInt(Integer::intValue).toArray());
  }

  private static List<String> expandSource(String source, Fetcher fetcher) {
    check(source);
    List<String> all = new ArrayList<>();
    for (String url : Braces.expand(variables(source))) {
      // A question mark in a web address starts a query.
      boolean web = url.startsWith("http://") || url.startsWith("https://");
      if (web || Globs.firstWildcard(url) < 0) {
        all.add(Fetcher.isRemote(url) ? url : local(url).toString());
      } else if (Files.exists(local(url))) {
        all.add(url);
      } else {
        all.addAll(glob(url, fetcher));
      }
    }
    return all;
  }

  private static void check(String source) {
    if (source.isEmpty()) {
      throw new DataException("an empty source between '::' (expected: a path or an address)");
    }
    if (source.startsWith("pipe:")) {
      throw new DataException(
          source
              + ": pipe: sources are not read: a command's output cannot be entered in the middle,"
              + " read again after a fault or checked; name the shards as s3://, https:// or a"
              + " path");
    }
    Matcher scheme = Pattern.compile("([a-zA-Z][a-zA-Z0-9+.-]+):.*").matcher(source);
    if (scheme.matches()
        && !Fetcher.isRemote(source)
        && !scheme.group(1).equals("file")
        && !Files.exists(Path.of(source))) {
      String remedy =
          scheme.group(1).equals("gs")
              ? "; Google's storage speaks S3: name it s3://BUCKET/…, with s3-endpoint"
                  + " https://storage.googleapis.com and HMAC keys as AWS credentials"
              : "";
      throw new DataException(
          source + " (expected: a path, file://, http://, https:// or s3://)" + remedy);
    }
  }

  /** OpenCLIP's rule: {@code ${NAME}} is the environment variable {@code WDS_NAME}. */
  private static String variables(String source) {
    Matcher matcher = VARIABLE.matcher(source);
    StringBuilder result = new StringBuilder();
    while (matcher.find()) {
      String name = "WDS_" + matcher.group(1);
      String value = System.getenv(name);
      if (value == null) {
        throw new DataException(source + ": the environment variable " + name + " is not set");
      }
      matcher.appendReplacement(result, Matcher.quoteReplacement(value));
    }
    matcher.appendTail(result);
    return result.toString();
  }

  /** The path of a local shard. */
  public static Path local(String url) {
    return url.startsWith("file:") ? fileUrl(url) : Path.of(url);
  }

  private static Path fileUrl(String url) {
    return url.startsWith("file://") ? Path.of(URI.create(url)) : Path.of(url.substring(5));
  }

  private static List<String> glob(String pattern, Fetcher fetcher) {
    List<String> found;
    try {
      found = Fetcher.isRemote(pattern) ? fetcher.glob(pattern) : files(local(pattern).toString());
    } catch (IOException e) {
      throw new DataException(pattern + ": cannot be searched for shards: " + e.getMessage(), e);
    }
    if (found.isEmpty()) {
      throw new DataException(pattern + ": no file matches");
    }
    return found;
  }

  private static List<String> files(String pattern) throws IOException {
    int slash = pattern.lastIndexOf('/', Globs.firstWildcard(pattern));
    Path root = Path.of(slash < 0 ? "." : slash == 0 ? "/" : pattern.substring(0, slash));
    Pattern regex = Globs.pattern(pattern.substring(slash + 1));
    int depth =
        pattern.contains("**")
            ? Integer.MAX_VALUE
            : (int) pattern.substring(slash + 1).chars().filter(c -> c == '/').count() + 1;
    List<String> found = new ArrayList<>();
    if (!Files.isDirectory(root)) {
      throw new NoSuchFileException(root.toString());
    }
    Files.walkFileTree(
        root,
        Set.of(FileVisitOption.FOLLOW_LINKS),
        depth,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (regex.matcher(root.relativize(file).toString()).matches()) {
              found.add((slash < 0 ? root.relativize(file) : file).toString());
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE;
          }
        });
    found.sort(null);
    return found;
  }

  /**
   * Short names of the shards for ledgers and messages: the last part of the path where that tells
   * all apart, else as many parts as do.
   */
  public String[] names() {
    String[] names = new String[urls.size()];
    for (int parts = 1; ; parts++) {
      Set<String> distinct = new HashSet<>(names.length * 2);
      boolean whole = true;
      for (int i = 0; i < names.length; i++) {
        names[i] = lastParts(urls.get(i), parts);
        whole &= names[i].length() == urls.get(i).length();
        distinct.add(names[i]);
      }
      // A shard that is listed twice never becomes distinct.
      if (distinct.size() == names.length || whole) {
        return names;
      }
    }
  }

  static String lastParts(String url, int parts) {
    int query = Fetcher.isRemote(url) ? url.indexOf('?') : -1;
    String path = query < 0 ? url : url.substring(0, query);
    int slash = path.length();
    for (int i = 0; i < parts; i++) {
      slash = path.lastIndexOf('/', slash - 1);
      if (slash < 0) {
        return query < 0 ? path : url;
      }
    }
    return path.substring(slash + 1);
  }
}
