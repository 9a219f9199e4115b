package dev.troupe.nn.torch;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The source of dropout and the like: a generator of the calling thread's own, so that several
 * workers in one process draw independently of each other's timing, and a step that is repeated
 * draws the same.
 */
public final class RandomState {
  private static final ThreadLocal<Generator> OWN = new ThreadLocal<>();

  private RandomState() {}

  /**
   * Seeds what the calling thread draws from now on, from any numbers that tell one draw from
   * another (seed, step, rank …). libtorch's default generators, which its fused attention draws
   * from, are seeded too; a process with several workers shares those.
   */
  public static void seed(long... key) {
    long mixed = 0;
    for (long part : key) {
      mixed = mix(mixed ^ part);
    }
    own().set_current_seed(mixed);
    torch.manual_seed(mixed);
  }

  /** The generator for draws on the device of {@code like}, for operators that take one. */
  public static GeneratorOptional generator(Tensor like) {
    return like.is_cuda() ? new GeneratorOptional() : host();
  }

  /** The generator for draws on the CPU. */
  public static GeneratorOptional host() {
    return new GeneratorOptional(own());
  }

  private static Generator own() {
    Generator generator = OWN.get();
    if (generator == null) {
      try (TensorScope scope = new TensorScope()) {
        generator = torch.make_generator_cpu();
        generator.retainReference();
      }
      OWN.set(generator);
    }
    return generator;
  }

  /** SplitMix64's finaliser (Steele et al. 2014). */
  private static long mix(long z) {
    z += 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
