package dev.troupe.data.shard;

import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a tar really holds: its samples in their order, each member's place, and what is damaged.
 * Kept compact, some 50 bytes a sample.
 */
public final class ShardIndex {
  /** Suffixes of images, in the order in which OpenCLIP takes the first that a sample has. */
  static final List<String> IMAGES = List.of("jpg", "png", "jpeg", "webp");

  /** A part of the shard that is neither a file nor a header. */
  public record Damage(long offset, String what) {}

  /** A file of a sample: its suffix in lower case, and where its content stands. */
  public record Member(String suffix, long offset, long size) {}

  private final long shardSize;
  private final List<Damage> damages;
  private final List<String> suffixes;
  private final byte[] keys;
  private final int[] keyEnds;
  private final int[] memberEnds;
  private final short[] memberSuffixes;
  private final long[] offsets;
  private final long[] sizes;

  ShardIndex(
      long shardSize,
      List<Damage> damages,
      List<String> suffixes,
      byte[] keys,
      int[] keyEnds,
      int[] memberEnds,
      short[] memberSuffixes,
      long[] offsets,
      long[] sizes) {
    this.shardSize = shardSize;
    this.damages = damages;
    this.suffixes = suffixes;
    this.keys = keys;
    this.keyEnds = keyEnds;
    this.memberEnds = memberEnds;
    this.memberSuffixes = memberSuffixes;
    this.offsets = offsets;
    this.sizes = sizes;
  }

  /** Reads the headers of a tar. */
  static ShardIndex scan(ByteSource source) throws IOException {
    SampleGrouper grouper = new SampleGrouper();
    new TarScanner(source, grouper).scan();
    return of(source.size(), grouper.finish(), grouper.damages());
  }

  private static ShardIndex of(
      long shardSize, List<SampleGrouper.Group> groups, List<Damage> damages) {
    int members = groups.stream().mapToInt(g -> g.members().size()).sum();
    List<String> suffixes = new ArrayList<>();
    Map<String, Short> ids = new HashMap<>();
    ByteArrayOutputStream keys = new ByteArrayOutputStream();
    int[] keyEnds = new int[groups.size()];
    int[] memberEnds = new int[groups.size()];
    short[] memberSuffixes = new short[members];
    long[] offsets = new long[members];
    long[] sizes = new long[members];
    int m = 0;
    for (int g = 0; g < groups.size(); g++) {
      keys.writeBytes(groups.get(g).key().getBytes(StandardCharsets.UTF_8));
      keyEnds[g] = keys.size();
      for (Member member : groups.get(g).members().values()) {
        memberSuffixes[m] =
            ids.computeIfAbsent(
                member.suffix,
                s -> {
                  suffixes.add(s);
                  return (short) (suffixes.size() - 1);
                });
        offsets[m] = member.offset;
        sizes[m++] = member.size;
      }
      memberEnds[g] = m;
    }
    return new ShardIndex(
        shardSize,
        List.copyOf(damages),
        List.copyOf(suffixes),
        keys.toByteArray(),
        keyEnds,
        memberEnds,
        memberSuffixes,
        offsets,
        sizes);
  }

  /** Samples in the shard, incomplete ones too. */
  public int samples() {
    return keyEnds.length;
  }

  /** Bytes of the shard. */
  public long shardSize() {
    return shardSize;
  }

  public List<Damage> damages() {
    return damages;
  }

  /** The path of a sample's files up to the first dot of their name. */
  public String key(int sample) {
    int start = sample == 0 ? 0 : keyEnds[sample - 1];
    return new String(keys, start, keyEnds[sample] - start, StandardCharsets.UTF_8);
  }

  /** A sample's member of a suffix, or null. */
  public Member member(int sample, String suffix) {
    for (int m = sample == 0 ? 0 : memberEnds[sample - 1]; m < memberEnds[sample]; m++) {
      if (suffixes.get(memberSuffixes[m]).equals(suffix)) {
        return new Member(suffix, offsets[m], sizes[m]);
      }
    }
    return null;
  }

  /** A sample's image, or null. */
  public Member image(int sample) {
    for (String suffix : IMAGES) {
      Member member = member(sample, suffix);
      if (member != null) {
        return member;
      }
    }
    return null;
  }

  /** All members of a sample, in the order of the tar. */
  public List<Member> members(int sample) {
    List<Member> all = new ArrayList<>();
    for (int m = sample == 0 ? 0 : memberEnds[sample - 1]; m < memberEnds[sample]; m++) {
      all.add(new Member(suffixes.get(memberSuffixes[m]), offsets[m], sizes[m]));
    }
    return all;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ShardIndex that
        && shardSize == that.shardSize
        && damages.equals(that.damages)
        && suffixes.equals(that.suffixes)
        && Arrays.equals(keys, that.keys)
        && Arrays.equals(keyEnds, that.keyEnds)
        && Arrays.equals(memberEnds, that.memberEnds)
        && Arrays.equals(memberSuffixes, that.memberSuffixes)
        && Arrays.equals(offsets, that.offsets)
        && Arrays.equals(sizes, that.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(keys);
  }

  /**
   * Writes all but size and number of samples, in the form that {@link ShardIndexFile} documents.
   */
  void write(DataOutput out) throws IOException {
    out.writeInt(damages.size());
    for (Damage damage : damages) {
      out.writeLong(damage.offset);
      out.writeUTF(damage.what);
    }
    out.writeInt(suffixes.size());
    for (String suffix : suffixes) {
      out.writeUTF(suffix);
    }
    out.writeInt(keys.length);
    out.write(keys);
    for (int g = 0; g < keyEnds.length; g++) {
      out.writeInt(keyEnds[g]);
      out.writeInt(memberEnds[g]);
    }
    for (int m = 0; m < offsets.length; m++) {
      out.writeShort(memberSuffixes[m]);
      out.writeLong(offsets[m]);
      out.writeLong(sizes[m]);
    }
  }

  static ShardIndex read(DataInput in, long shardSize, int groups) throws IOException {
    List<Damage> damages = new ArrayList<>();
    for (int n = in.readInt(); n > 0; n--) {
      damages.add(new Damage(in.readLong(), in.readUTF()));
    }
    List<String> suffixes = new ArrayList<>();
    for (int n = in.readInt(); n > 0; n--) {
      suffixes.add(in.readUTF());
    }
    byte[] keys = new byte[in.readInt()];
    in.readFully(keys);
    int[] keyEnds = new int[groups];
    int[] memberEnds = new int[groups];
    for (int g = 0; g < groups; g++) {
      keyEnds[g] = in.readInt();
      memberEnds[g] = in.readInt();
    }
    int members = groups == 0 ? 0 : memberEnds[groups - 1];
    short[] memberSuffixes = new short[members];
    long[] offsets = new long[members];
    long[] sizes = new long[members];
    for (int m = 0; m < members; m++) {
      memberSuffixes[m] = in.readShort();
      offsets[m] = in.readLong();
      sizes[m] = in.readLong();
    }
    return new ShardIndex(
        shardSize, damages, suffixes, keys, keyEnds, memberEnds, memberSuffixes, offsets, sizes);
  }
}
