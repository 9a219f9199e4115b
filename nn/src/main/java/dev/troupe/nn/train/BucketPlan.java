package dev.troupe.nn.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The order in which gradients travel, the same on every rank: about that in which the backward
 * pass makes them (text tower before image tower, since it is encoded last; a tower's embeddings
 * last), in buckets of some 25 MiB.
 */
final class BucketPlan {
  /** DDP's 25 MiB, in floats. */
  static final long BUCKET_ELEMENTS = 25L * 1024 * 1024 / Float.BYTES;

  private BucketPlan() {}

  /**
   * Names by bucket.
   *
   * @param limit values in a bucket; a larger parameter has one of its own
   */
  static List<List<String>> of(Map<String, Tensor> parameters, long limit) {
    List<String> names = new ArrayList<>(parameters.keySet());
    java.util.Collections.reverse(names);
    names.sort(Comparator.comparingInt(BucketPlan::phase)); // stable
    List<List<String>> buckets = new ArrayList<>();
    Map<ScalarType, List<String>> open = new EnumMap<>(ScalarType.class);
    Map<ScalarType, Long> filled = new EnumMap<>(ScalarType.class);
    for (String name : names) {
      ScalarType type = parameters.get(name).scalar_type().intern();
      long size = parameters.get(name).numel();
      if (!open.containsKey(type) || filled.get(type) + size > limit) {
        open.put(type, new ArrayList<>());
        filled.put(type, 0L);
        buckets.add(open.get(type));
      }
      open.get(type).add(name);
      filled.merge(type, size, Long::sum);
    }
    return buckets;
  }

  private static int phase(String name) {
    boolean image = name.startsWith("visual.");
    boolean first = name.contains("embed") || name.contains("conv1") || name.contains("stem");
    return (image ? 2 : 0) + (first ? 1 : 0);
  }
}
