package dev.troupe.nn.weights;

import dev.troupe.nn.model.ModelConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * Brings the names of other projects, and of wrappers that training puts around a model, to
 * OpenCLIP's.
 */
final class Layouts {
  /** Name parts that DistributedDataParallel, FSDP, torch.compile and checkpointing insert. */
  private static final List<String> WRAPPERS =
      List.of("_fsdp_wrapped_module.", "_checkpoint_wrapped_module.", "_orig_mod.");

  /** Whole-model prefixes: DDP's, and those of common trainers around a CLIP model. */
  private static final List<String> PREFIXES = List.of("module.", "model.", "clip.", "clip_model.");

  /** What OpenCLIP's {@code CLIP} keeps at the root and {@code CustomTextCLIP} under text. */
  private static final List<String> ROOT_TEXT =
      List.of(
          "text_projection", "positional_embedding", "token_embedding", "transformer", "ln_final");

  /** Tables that some versions of the libraries save though they follow from the settings. */
  private static final Set<String> DERIVED =
      Set.of("position_ids", "attn_mask", "relative_position_index");

  private static final List<Layout> OTHERS =
      List.of(new HuggingFaceClip(), new HuggingFaceSigLip(), new BigVision(), new MobileClip());

  private Layouts() {}

  /**
   * A state under OpenCLIP's names.
   *
   * @param layout what the file's own layout is called
   */
  record Result(String layout, Map<String, StoredTensor> state) {}

  static Result toOpenClip(
      Map<String, StoredTensor> stored, ModelConfig config, Map<String, Tensor> target) {
    Map<String, StoredTensor> state = withoutWrappers(stored, target.keySet());
    String layout = "OpenCLIP";
    for (Layout other : OTHERS) {
      if (other.matches(state)) {
        state = other.convert(state, target.keySet());
        layout = other.name();
        break;
      }
    }
    state = withTextPrefix(state, config.hasTextPrefix());
    state.keySet().removeIf(name -> isDerived(name) && !target.containsKey(name));
    return new Result(layout, state);
  }

  private static Map<String, StoredTensor> withoutWrappers(
      Map<String, StoredTensor> stored, Set<String> target) {
    Map<String, StoredTensor> state =
        renamed(
            stored,
            name -> {
              for (String wrapper : WRAPPERS) {
                name = name.replace(wrapper, "");
              }
              return name;
            });
    boolean again = true;
    while (again) {
      again = false;
      for (String prefix : PREFIXES) {
        if (!state.isEmpty()
            && state.keySet().stream().allMatch(name -> name.startsWith(prefix))
            && target.stream().noneMatch(name -> name.startsWith(prefix))) {
          state = renamed(state, name -> name.substring(prefix.length()));
          again = true;
        }
      }
    }
    return state;
  }

  private static Map<String, StoredTensor> withTextPrefix(
      Map<String, StoredTensor> state, boolean wanted) {
    if (wanted && state.containsKey("positional_embedding")) {
      return renamed(
          state, name -> ROOT_TEXT.stream().anyMatch(name::startsWith) ? "text." + name : name);
    }
    if (!wanted && state.containsKey("text.positional_embedding")) {
      return renamed(
          state, name -> name.startsWith("text.") ? name.substring("text.".length()) : name);
    }
    return state;
  }

  private static boolean isDerived(String name) {
    return DERIVED.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  static Map<String, StoredTensor> renamed(
      Map<String, StoredTensor> state, UnaryOperator<String> rename) {
    Map<String, StoredTensor> result = new LinkedHashMap<>();
    state.forEach((name, tensor) -> result.put(rename.apply(name), tensor));
    return result;
  }
}
