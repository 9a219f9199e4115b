package dev.troupe.data.sample;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.data.shard.ShardIndex;
import dev.troupe.data.shard.ShardIndex.Member;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The samples of a tar. Complete ones come first, in the order of the tar, then those that lack an
 * image or a caption, so that a stated count of the complete ones leaves out just the others.
 */
final class TarSamples implements SampleShard {
  /** No image of a pair is larger; a larger number is a damaged header. */
  private static final long LARGEST_MEMBER = 256L << 20;

  /** Bytes that are read in vain rather than in a second read: headers, a json. */
  private static final int LONGEST_GAP = 16 * 1024;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ShardBytes bytes;
  private final ShardIndex index;
  private final Captions captions;
  private final int[] order;
  private final Runnable onClose;

  TarSamples(ShardBytes bytes, ShardIndex index, Captions captions, Runnable onClose) {
    this.bytes = bytes;
    this.index = index;
    this.captions = captions;
    this.onClose = onClose;
    this.order = new int[index.samples()];
    int n = 0;
    for (boolean complete : new boolean[] {true, false}) {
      for (int i = 0; i < order.length; i++) {
        if (isComplete(i) == complete) {
          order[n++] = i;
        }
      }
    }
  }

  private boolean isComplete(int i) {
    return index.image(i) != null
        && (captions instanceof Captions.None || index.member(i, captionSuffix()) != null);
  }

  private String captionSuffix() {
    return captions instanceof Captions.Member member ? member.suffix() : "json";
  }

  @Override
  public int size() {
    return order.length;
  }

  @Override
  public String key(int ordinal) {
    return index.key(order[ordinal]);
  }

  @Override
  public List<String> damages() {
    return index.damages().stream().map(ShardIndex.Damage::what).toList();
  }

  @Override
  public RawSample read(int ordinal, long seed) throws BadSampleException, IOException {
    int i = order[ordinal];
    Member image = index.image(i);
    if (image == null) {
      throw new BadSampleException("no image (jpg, png, jpeg or webp)");
    }
    if (captions instanceof Captions.None) {
      return new RawSample(read(image, image)[0], "");
    }
    Member caption = index.member(i, captionSuffix());
    if (caption == null) {
      throw new BadSampleException("no caption (" + captionSuffix() + ")");
    }
    byte[][] parts = read(image, caption);
    return new RawSample(
        parts[0],
        captions instanceof Captions.JsonField field
            ? field(parts[1], field.name(), seed)
            : text(parts[1]));
  }

  static String text(byte[] utf8) throws BadSampleException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new BadSampleException("the caption is not UTF-8", e);
    }
  }

  static String field(byte[] json, String name, long seed) throws BadSampleException {
    JsonNode value;
    try {
      JsonNode root = JSON.readTree(json);
      value = root == null ? null : root.get(name);
    } catch (JsonProcessingException e) {
      throw new BadSampleException("the json is broken: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (value != null && value.isArray() && !value.isEmpty()) {
      value = value.get((int) Math.floorMod(seed >>> 7, (long) value.size()));
    }
    if (value == null || !value.isValueNode() || value.isNull()) {
      throw new BadSampleException("the json has no text at '" + name + "'");
    }
    return value.asText();
  }

  /** Contents of two members, in one read where they stand close together. */
  private byte[][] read(Member one, Member other) throws BadSampleException, IOException {
    check(one);
    check(other);
    long start = Math.min(one.offset(), other.offset());
    long end = Math.max(one.offset() + one.size(), other.offset() + other.size());
    if (end - start > one.size() + other.size() + LONGEST_GAP) {
      return new byte[][] {
        span(one.offset(), one.size()).array(), span(other.offset(), other.size()).array()
      };
    }
    byte[] span = span(start, end - start).array();
    return new byte[][] {part(span, start, one), part(span, start, other)};
  }

  private static byte[] part(byte[] span, long start, Member member) {
    int from = (int) (member.offset() - start);
    int to = from + (int) member.size();
    return from == 0 && to == span.length ? span : Arrays.copyOfRange(span, from, to);
  }

  private ByteBuffer span(long offset, long size) throws BadSampleException, IOException {
    ByteBuffer buffer = ByteBuffer.allocate((int) size);
    try {
      bytes.read(offset, buffer);
    } catch (EOFException e) {
      throw new BadSampleException(e.getMessage(), e);
    }
    return buffer;
  }

  private static void check(Member member) throws BadSampleException {
    if (member.size() > LARGEST_MEMBER) {
      throw new BadSampleException(
          "a " + member.suffix() + " of " + member.size() + " bytes (expected: <= 256 MiB)");
    }
  }

  @Override
  public void close() {
    try {
      bytes.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      onClose.run();
    }
  }
}
