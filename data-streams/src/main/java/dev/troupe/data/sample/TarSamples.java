package dev.troupe.data.sample;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.data.shard.ShardIndex;
import dev.troupe.data.shard.ShardIndex.Member;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The samples of a tar. Complete ones come first, in the order of the tar, then those that lack an
 * image or a caption, so that a stated count of the complete ones leaves out just the others.
 */
final class TarSamples implements SampleShard {
  /** No image of a pair is larger; a larger number is a damaged header. */
  private static final long LARGEST_MEMBER = 256L << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final FileChannel file;
  private final ShardIndex index;
  private final Captions captions;
  private final int[] order;
  private final Runnable onClose;

  TarSamples(FileChannel file, ShardIndex index, Captions captions, Runnable onClose) {
    this.file = file;
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
    return new RawSample(bytes(image), caption(i, seed));
  }

  private String caption(int i, long seed) throws BadSampleException, IOException {
    if (captions instanceof Captions.None) {
      return "";
    }
    Member member = index.member(i, captionSuffix());
    if (member == null) {
      throw new BadSampleException("no caption (" + captionSuffix() + ")");
    }
    byte[] bytes = bytes(member);
    return captions instanceof Captions.JsonField field
        ? field(bytes, field.name(), seed)
        : text(bytes);
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

  private byte[] bytes(Member member) throws BadSampleException, IOException {
    if (member.size() > LARGEST_MEMBER) {
      throw new BadSampleException(
          "a " + member.suffix() + " of " + member.size() + " bytes (expected: <= 256 MiB)");
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) member.size());
    while (bytes.hasRemaining()) {
      if (file.read(bytes, member.offset() + bytes.position()) < 0) {
        throw new BadSampleException("the shard became shorter while it was read");
      }
    }
    return bytes.array();
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      onClose.run();
    }
  }
}
