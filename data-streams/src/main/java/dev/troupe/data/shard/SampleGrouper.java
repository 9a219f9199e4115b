package dev.troupe.data.shard;

import dev.troupe.data.shard.ShardIndex.Damage;
import dev.troupe.data.shard.ShardIndex.Member;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Groups the files of a tar into samples, as OpenCLIP does: successive files that agree up to the
 * first dot of their name are one sample; a suffix that repeats starts the next.
 *
 * <p>It finds two kinds of samples that OpenCLIP loses. Names with several dots ({@code a.b.jpg},
 * {@code a.b.txt}) make a sample {@code a.b} if an image and a caption share the name up to the
 * last dot. And the parts of a sample may stand apart, as in a tar that is sorted by type.
 */
final class SampleGrouper implements TarScanner.Listener {
  private static final Pattern META = Pattern.compile("__[^/]*__($|/.*)");

  /** Suffixes by which a group shows that it was meant as a sample. */
  private static final Set<String> CAPTIONS = Set.of("txt", "json", "cls");

  private static final int LONGEST_NAME = 4096;
  private static final int MOST_DAMAGES = 1000;

  record Group(String key, Map<String, Member> members) {
    boolean hasImage() {
      return ShardIndex.IMAGES.stream().anyMatch(members::containsKey);
    }

    boolean hasCaption() {
      return CAPTIONS.stream().anyMatch(members::containsKey);
    }

    boolean isSample() {
      return hasImage() || hasCaption();
    }
  }

  private final List<Group> groups = new ArrayList<>();
  private final List<Damage> damages = new ArrayList<>();
  private String prefix;
  private final Map<String, Member> current = new LinkedHashMap<>();

  @Override
  public void file(String name, long offset, long size) {
    int base = name.lastIndexOf('/') + 1;
    int dot = name.indexOf('.', base);
    if (dot <= base || name.length() > LONGEST_NAME || META.matcher(name).matches()) {
      // No suffix, a hidden file, metadata, or nobody's idea of a name.
      return;
    }
    String newPrefix = name.substring(0, dot);
    String suffix = name.substring(dot + 1).toLowerCase(Locale.ROOT);
    if (!newPrefix.equals(prefix) || current.containsKey(suffix)) {
      flush();
      prefix = newPrefix;
    }
    current.put(suffix, new Member(suffix, offset, size));
  }

  @Override
  public void damage(long offset, String what) {
    if (damages.size() < MOST_DAMAGES) {
      damages.add(new Damage(offset, what));
    }
  }

  List<Damage> damages() {
    return damages;
  }

  List<Group> finish() {
    flush();
    return joined();
  }

  private void flush() {
    if (current.isEmpty()) {
      return;
    }
    // Several dots: what stands before the last one.
    Map<String, Group> inner = new LinkedHashMap<>();
    current.forEach(
        (suffix, member) -> {
          int dot = suffix.lastIndexOf('.');
          if (dot > 0) {
            String last = suffix.substring(dot + 1);
            inner
                .computeIfAbsent(
                    suffix.substring(0, dot),
                    middle -> new Group(prefix + "." + middle, new LinkedHashMap<>()))
                .members
                .put(last, new Member(last, member.offset(), member.size()));
          }
        });
    inner.values().removeIf(group -> !group.hasImage() || !group.hasCaption());
    Group outer = new Group(prefix, new LinkedHashMap<>(current));
    boolean plain = current.keySet().stream().anyMatch(suffix -> suffix.indexOf('.') < 0);
    if (plain && outer.isSample() || !plain && inner.isEmpty() && hints(current.keySet())) {
      groups.add(outer);
    }
    groups.addAll(inner.values());
    current.clear();
  }

  /** Whether suffixes with several dots end like those of a sample. */
  private static boolean hints(Set<String> suffixes) {
    return suffixes.stream()
        .map(suffix -> suffix.substring(suffix.lastIndexOf('.') + 1))
        .anyMatch(last -> ShardIndex.IMAGES.contains(last) || CAPTIONS.contains(last));
  }

  /** Joins incomplete groups of one key that have no suffix in common. */
  private List<Group> joined() {
    Map<String, Group> incomplete = new HashMap<>();
    List<Group> result = new ArrayList<>(groups.size());
    for (Group group : groups) {
      if (!group.hasImage() || !group.hasCaption()) {
        Group first = incomplete.get(group.key);
        if (first != null
            && first.members.keySet().stream().noneMatch(group.members::containsKey)) {
          first.members.putAll(group.members);
          continue;
        }
        incomplete.put(group.key, group);
      }
      result.add(group);
    }
    return result;
  }
}
