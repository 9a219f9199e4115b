package dev.troupe.runtime.eval;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Retrieval among N image-text pairs, one caption an image, with OpenCLIP's metric names ({@code
 * get_clip_metrics} in its trainer): {@code image_to_text_R@1}, {@code text_to_image_mean_rank} and
 * so on.
 *
 * <p>Ranks are counted over blocks of rows, so that the N×N matrix of similarities, which exhausts
 * memory at 100,000 pairs, is never held whole.
 */
public final class RetrievalMetrics {
  private static final int BLOCK_ROWS = 1024;

  private RetrievalMetrics() {}

  /**
   * @param images_ND L2-normalised image features, float
   * @param texts_ND L2-normalised text features, float; row i belongs to image i
   * @return the metrics by name; empty when there are no pairs
   */
  public static Map<String, Double> of(Tensor images_ND, Tensor texts_ND) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    if (images_ND.size(0) == 0) {
      return metrics;
    }
    add(metrics, "image_to_text", ranks(images_ND, texts_ND));
    add(metrics, "text_to_image", ranks(texts_ND, images_ND));
    return metrics;
  }

  private static void add(Map<String, Double> metrics, String direction, long[] ranks) {
    metrics.put(direction + "_mean_rank", Arrays.stream(ranks).average().orElseThrow() + 1);
    metrics.put(direction + "_median_rank", Math.floor(median(ranks)) + 1);
    for (int k : new int[] {1, 5, 10}) {
      double hits = Arrays.stream(ranks).filter(rank -> rank < k).count();
      metrics.put(direction + "_R@" + k, hits / ranks.length);
    }
  }

  private static double median(long[] ranks) {
    long[] sorted = ranks.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
  }

  /** For each query row, how many candidates stand before the true one, from 0. */
  private static long[] ranks(Tensor queries_ND, Tensor candidates_ND) {
    int n = (int) queries_ND.size(0);
    long[] ranks = new long[n];
    for (int start = 0; start < n; start += BLOCK_ROWS) {
      int rows = Math.min(BLOCK_ROWS, n - start);
      try (PointerScope scope = new PointerScope()) {
        Tensor similarity_RN = queries_ND.narrow(0, start, rows).matmul(candidates_ND.t());
        Tensor own_R =
            torch.arange(
                new org.bytedeco.pytorch.Scalar(start),
                new org.bytedeco.pytorch.Scalar(start + rows));
        Tensor truth_R1 = similarity_RN.gather(1, own_R.unsqueeze(1));
        // Of equals, the candidate that comes first in the data stands first.
        Tensor index_1N = torch.arange(new org.bytedeco.pytorch.Scalar(n)).unsqueeze(0);
        Tensor before_RN =
            similarity_RN
                .gt(truth_R1)
                .logical_or(
                    similarity_RN.eq(truth_R1).logical_and(index_1N.lt(own_R.unsqueeze(1))));
        Tensor ranks_R = before_RN.sum(1).contiguous();
        ranks_R.data_ptr_long().get(ranks, start, rows);
      }
    }
    return ranks;
  }
}
