package dev.troupe.nn.train;

import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.collective.PendingWork;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.VoidTensorHook;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Adds the gradients of all ranks up, in flat buckets, each sent as soon as the backward pass has
 * filled it: hooks on the parameters see each gradient when it is complete.
 *
 * <p>Each bucket ends with one number a parameter, 1 from a rank that has a gradient for it: what
 * no rank has a gradient for is left out of the update, as in PyTorch.
 *
 * <p><b>Native memory:</b> owns one float for each trained parameter, for as long as the group
 * lives.
 */
final class GradientBuckets implements AutoCloseable {
  private final Collectives group;
  private final Map<String, Tensor> parameters;
  private final List<Bucket> buckets = new ArrayList<>();
  private final Map<String, Bucket> bucketOf = new LinkedHashMap<>();
  private final Map<String, Tensor> views = new LinkedHashMap<>();
  private final List<VoidTensorHook> hooks = new ArrayList<>();
  private final Map<String, Integer> hookIds = new LinkedHashMap<>();

  private GradientSum accumulated;
  private boolean armed;
  private int nextToSend;
  private CollectiveException failure;

  private static final class Bucket {
    final List<String> names;
    final Tensor flat;
    final long values;
    final float[] present;
    int missing;
    PendingWork work;

    Bucket(List<String> names, Tensor flat, long values) {
      this.names = names;
      this.flat = flat;
      this.values = values;
      this.present = new float[names.size()];
    }
  }

  GradientBuckets(Map<String, Tensor> parameters, Collectives group) {
    this(parameters, group, BucketPlan.BUCKET_ELEMENTS);
  }

  GradientBuckets(Map<String, Tensor> parameters, Collectives group, long limit) {
    this.group = group;
    this.parameters = parameters;
    try (PointerScope scope = new PointerScope()) {
      for (List<String> names : BucketPlan.of(parameters, limit)) {
        allocate(names);
      }
      parameters.forEach(this::watch);
    }
  }

  private void allocate(List<String> names) {
    long values = names.stream().mapToLong(n -> parameters.get(n).numel()).sum();
    Tensor like = parameters.get(names.get(0)).detach();
    Tensor flat = owned(torch.zeros(new long[] {values + names.size()}, like.options()));
    Bucket bucket = new Bucket(names, flat, values);
    buckets.add(bucket);
    long offset = 0;
    for (String name : names) {
      Tensor parameter = parameters.get(name);
      Tensor part = flat.narrow(0, offset, parameter.numel());
      views.put(name, owned(part.view(parameter.sizes().vec().get())));
      bucketOf.put(name, bucket);
      offset += parameter.numel();
    }
  }

  private void watch(String name, Tensor parameter) {
    VoidTensorHook hook =
        new VoidTensorHook() {
          @Override
          public void call(TensorBase gradient) {
            // The callback's own reference would keep the gradient until the garbage collector
            // runs.
            try (PointerScope scope = new PointerScope()) {
              if (armed) {
                receive(name, new Tensor(gradient), accumulated.get(name));
              }
            } finally {
              gradient.close();
            }
          }
        };
    hook.retainReference();
    hooks.add(hook);
    hookIds.put(name, parameter.register_hook(hook));
  }

  /**
   * Gets ready for the last backward pass of a step.
   *
   * @param accumulated gradients of the passes before
   */
  void arm(GradientSum accumulated) {
    this.accumulated = accumulated;
    nextToSend = 0;
    failure = null;
    for (Bucket bucket : buckets) {
      bucket.missing = bucket.names.size();
      bucket.work = null;
      java.util.Arrays.fill(bucket.present, 0);
    }
    armed = true;
    accumulated.complete().forEach((name, gradient) -> receive(name, gradient, null));
  }

  private void receive(String name, Tensor gradient, Tensor before) {
    Tensor view = views.get(name);
    if (before == null) {
      view.copy_(gradient);
    } else {
      torch.add_out(view, gradient, before);
    }
    Bucket bucket = bucketOf.get(name);
    bucket.present[bucket.names.indexOf(name)] = 1;
    bucket.missing--;
    sendFull();
  }

  private void sendFull() {
    // All ranks must send in the same order, whatever order their gradients come in.
    while (failure == null && nextToSend < buckets.size() && buckets.get(nextToSend).missing == 0) {
      Bucket bucket = buckets.get(nextToSend++);
      try (PointerScope scope = new PointerScope()) {
        bucket
            .flat
            .narrow(0, bucket.values, bucket.names.size())
            .copy_(torch.tensor(bucket.present));
        bucket.work = group.startAllReduce(bucket.flat);
      } catch (CollectiveException e) {
        failure = e;
      }
    }
  }

  /**
   * Sends what the backward pass did not fill, and waits for all.
   *
   * @return the sum over ranks by parameter name; views of the buckets
   */
  Map<String, Tensor> reduce() throws CollectiveException {
    armed = false;
    for (Bucket bucket : buckets) {
      for (int i = 0; i < bucket.names.size(); i++) {
        if (bucket.present[i] == 0) {
          fillMissing(bucket, i);
        }
      }
    }
    sendFull();
    if (failure != null) {
      throw failure;
    }
    Map<String, Tensor> reduced = new LinkedHashMap<>();
    for (Bucket bucket : buckets) {
      bucket.work.await();
      float[] present = present(bucket);
      for (int i = 0; i < present.length; i++) {
        if (present[i] > 0) {
          reduced.put(bucket.names.get(i), views.get(bucket.names.get(i)));
        }
      }
    }
    return reduced;
  }

  private void fillMissing(Bucket bucket, int i) {
    String name = bucket.names.get(i);
    Tensor before = accumulated.get(name);
    if (before == null) {
      views.get(name).zero_();
    } else {
      views.get(name).copy_(before);
      bucket.present[i] = 1;
    }
    bucket.missing--;
  }

  private static float[] present(Bucket bucket) {
    float[] present = new float[bucket.names.size()];
    try (TensorScope scope = new TensorScope()) {
      Tensor tail = bucket.flat.narrow(0, bucket.values, present.length);
      new FloatPointer(tail.to(ScalarType.Float).cpu().data_ptr()).get(present);
    }
    return present;
  }

  private static Tensor owned(Tensor tensor) {
    tensor.retainReference();
    return tensor;
  }

  /** Lets go of the buckets. Operations in flight keep theirs until they end. */
  @Override
  public void close() {
    armed = false;
    hookIds.forEach((name, id) -> parameters.get(name).remove_hook(id));
    hooks.forEach(VoidTensorHook::close);
    views.values().forEach(Tensor::close);
    buckets.forEach(bucket -> bucket.flat.close());
  }
}
