package dev.troupe.nn.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The order in which gradients travel, the same on every rank: about that in which the backward
 * pass makes them (text tower before image tower, since it is encoded last; a tower's embeddings
 * last), in buckets of some 25 MiB.
 */
final class BucketPlan {
  private static final long BUCKET_ELEMENTS = 25L * 1024 * 1024 / Float.BYTES;

  private BucketPlan() {}

  /** Names by bucket. */
  static List<List<String>> of(Map<String, Tensor> parameters) {
    List<String> names = new ArrayList<>(parameters.keySet());
    java.util.Collections.reverse(names);
    names.sort(Comparator.comparingInt(BucketPlan::phase)); // stable
    List<List<String>> buckets = new ArrayList<>();
    long filled = 0;
    for (String name : names) {
      long size = parameters.get(name).numel();
      if (buckets.isEmpty() || filled + size > BUCKET_ELEMENTS) {
        buckets.add(new ArrayList<>());
        filled = 0;
      }
      buckets.get(buckets.size() - 1).add(name);
      filled += size;
    }
    return buckets;
  }

  private static int phase(String name) {
    boolean image = name.startsWith("visual.");
    boolean first = name.contains("embed") || name.contains("conv1") || name.contains("stem");
    return (image ? 2 : 0) + (first ? 1 : 0);
  }
}
