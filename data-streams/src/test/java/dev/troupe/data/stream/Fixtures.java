package dev.troupe.data.stream;

import dev.troupe.data.image.ImageTransform;
import dev.troupe.data.sample.BadSampleException;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.text.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.Materializer;

/** Data, settings and cheap decoding for tests of streams. */
public final class Fixtures {
  /** The embedded shards. */
  public static final Path EMOJI = Path.of("..", "data", "emoji").toAbsolutePath().normalize();

  public static final String EMOJI_TRAIN = EMOJI + "/train-{0000..0007}.tar";

  private Fixtures() {}

  /** Fills a pixel-sized target with a checksum of the encoded bytes; refuses what is no image. */
  public record Checksum(int size) implements ImageTransform {
    @Override
    public void apply(byte[] encoded, long sampleSeed, ByteBuffer target)
        throws BadSampleException {
      if (encoded.length < 8) {
        throw new BadSampleException("not an image: " + encoded.length + " bytes");
      }
      CRC32 crc = new CRC32();
      crc.update(encoded);
      target.putInt((int) crc.getValue()).putLong(sampleSeed);
      while (target.hasRemaining()) {
        target.put((byte) 7);
      }
    }
  }

  /** One token a character. */
  public record Letters(int contextLength) implements Tokenizer {
    @Override
    public int encode(String text, IntBuffer target, long sampleSeed) {
      int n = Math.min(contextLength, text.length());
      for (int i = 0; i < contextLength; i++) {
        target.put(i < n ? text.charAt(i) : 0);
      }
      return n;
    }
  }

  public static final ImageTransform TRANSFORM = new Checksum(4);
  public static final Tokenizer TOKENIZER = new Letters(8);

  public static DataFactory factory(ActorSystem system, StreamSpec stream) {
    return factory(system, stream, StoreSpec.defaults());
  }

  public static DataFactory factory(ActorSystem system, StreamSpec stream, StoreSpec store) {
    return new DataFactory(store, stream, Materializer.createMaterializer(system));
  }

  /** Reads steps [from, to) of one rank and gives the keys of each. */
  public static List<List<String>> keys(
      TrainingData data, long from, long to, int rank, int worldSize) throws InterruptedException {
    List<List<String>> steps = new ArrayList<>();
    try (SliceStream stream = data.open(from, rank, worldSize)) {
      for (long step = from; step < to; step++) {
        try (Slice slice = stream.next()) {
          if (slice.step() != step) {
            throw new AssertionError("step " + slice.step() + " came in place of " + step);
          }
          steps.add(slice.keys());
        }
      }
    }
    return steps;
  }
}
