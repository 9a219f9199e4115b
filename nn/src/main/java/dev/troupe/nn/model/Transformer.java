package dev.troupe.nn.model;

import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.Macs;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A stack of residual attention blocks; state {@code resblocks.N.…}.
 *
 * <p>Shapes: B samples, L tokens, W width.
 */
final class Transformer extends Layer {
  private final TransformerShape shape;
  private final List<ResidualAttentionBlock> blocks = new ArrayList<>();

  Transformer(TransformerShape shape) {
    this.shape = shape;
    for (int i = 0; i < shape.layers(); i++) {
      blocks.add(child("resblocks." + i, new ResidualAttentionBlock(shape, false)));
    }
  }

  /**
   * All tokens through all blocks.
   *
   * @param mask of the scores, broadcast to B×heads×L×L, or null
   */
  Tensor forward(Tensor x_BLW, Tensor mask, boolean causal) {
    return through(blocks, x_BLW, mask, causal);
  }

  /** The result for one token a sample, B×W. */
  Tensor forward(Tensor x_BLW, Pick pick, boolean causal) {
    int last = blocks.size() - 1;
    try (TensorScope scope = new TensorScope()) {
      if (Macs.counting()) { // counts are of the whole computation, as others count
        return scope.keep(pick.from(forward(x_BLW, (Tensor) null, causal)).squeeze(1));
      }
      Tensor y_BLW = through(blocks.subList(0, last), x_BLW, null, causal);
      return scope.keep(blocks.get(last).forward(y_BLW, pick, causal).squeeze(1));
    }
  }

  private static Tensor through(
      List<ResidualAttentionBlock> blocks, Tensor x_BLW, Tensor mask, boolean causal) {
    Tensor x = x_BLW;
    for (ResidualAttentionBlock block : blocks) {
      x = block.forward(x, mask, causal);
    }
    return x;
  }

  /** A projection by a bare matrix: …×in times in×out. */
  static Tensor project(Tensor x, Tensor matrix) {
    Macs.add(x.numel() * matrix.size(1));
    return x.matmul(matrix);
  }

  List<ResidualAttentionBlock> blocks() {
    return blocks;
  }

  TransformerShape shape() {
    return shape;
  }

  /**
   * Groups for locking: the embeddings, each block, the last block with the norm, the projection.
   *
   * @param projection its name, or null without one
   */
  static List<List<String>> lockGroups(
      int layers, List<String> embeddings, String lastNorm, String projection) {
    List<List<String>> groups = new ArrayList<>();
    groups.add(embeddings);
    for (int i = 0; i < layers - 1; i++) {
      groups.add(List.of("transformer.resblocks." + i + "."));
    }
    groups.add(List.of("transformer.resblocks." + (layers - 1) + ".", lastNorm));
    if (projection != null) {
      groups.add(List.of(projection));
    }
    return groups;
  }
}
