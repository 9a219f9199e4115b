package dev.troupe.nn.train;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** A global batch of random pixels and captions, which can be cut into shares. */
record Batch(int size, ByteBuffer images, ByteBuffer tokens, int imageSize, int longestCaption) {
  private static final int START = TinyModels.VOCABULARY - 2;
  private static final int END = TinyModels.VOCABULARY - 1;

  static Batch random(int size, long seed) {
    Random random = new Random(seed);
    int pixels = 3 * TinyModels.IMAGE * TinyModels.IMAGE;
    ByteBuffer images = ByteBuffer.allocateDirect(size * pixels);
    byte[] bytes = new byte[size * pixels];
    random.nextBytes(bytes);
    images.put(bytes).flip();
    ByteBuffer tokens =
        ByteBuffer.allocateDirect(size * TinyModels.CONTEXT * 4).order(ByteOrder.nativeOrder());
    int longest = 0;
    for (int row = 0; row < size; row++) {
      int words = 1 + random.nextInt(6);
      longest = Math.max(longest, words + 2);
      for (int i = 0; i < TinyModels.CONTEXT; i++) {
        int word = 1 + random.nextInt(START - 1);
        tokens.putInt(i == 0 ? START : i <= words ? word : i == words + 1 ? END : 0);
      }
    }
    tokens.flip();
    return new Batch(size, images, tokens, TinyModels.IMAGE, longest);
  }

  StepInput whole() {
    return rows(0, size);
  }

  /** The share that the plan gives to a rank. */
  StepInput share(int rank, int worldSize) {
    return rows(size * rank / worldSize, size * (rank + 1) / worldSize);
  }

  StepInput rows(int from, int to) {
    int pixels = 3 * imageSize * imageSize;
    int row = 4 * TinyModels.CONTEXT;
    return new StepInput(
        to - from,
        images.slice(from * pixels, (to - from) * pixels),
        true,
        imageSize,
        tokens.slice(from * row, (to - from) * row),
        TinyModels.CONTEXT,
        longestCaption);
  }
}
