package dev.troupe.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** {@code train-flags-3.3.0.tsv} lists OpenCLIP's flags: name, switch or value, default. */
class OpenClipFlagsTest {
  private static final Map<String, SettingKey> KEYS = SettingKey.of(TrainSettings.class);

  /** Where None stands for a default that is filled in later, or written otherwise. */
  private static final Map<String, String> FILLED_IN =
      Map.of("lr", "5e-4", "beta1", "0.9", "lr-cooldown-end", "0", "lr-cooldown-power", "1");

  record Flag(String name, boolean isSwitch, String byDefault) {}

  static List<Flag> flags() throws IOException {
    try (InputStream in =
        OpenClipFlagsTest.class.getResourceAsStream("/openclip/train-flags-3.3.0.tsv")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.split("\t"))
          .map(part -> new Flag(part[0], part[1].equals("switch"), part[2]))
          .toList();
    }
  }

  @Test
  void shouldKnowAllNinetyFlags() throws IOException {
    assertThat(flags()).hasSize(90);
    assertThat(flags())
        .allMatch(
            flag -> KEYS.containsKey(flag.name()) != OpenClipFlag.ALL.containsKey(flag.name()));
    assertThat(OpenClipFlag.ALL.keySet()).isSubsetOf(flags().stream().map(Flag::name).toList());
  }

  @TestFactory
  Stream<DynamicTest> shouldKeepKindAndDefaultOfEachFlag() throws IOException {
    return flags().stream()
        .map(flag -> DynamicTest.dynamicTest(flag.name(), () -> checkKindAndDefault(flag)));
  }

  private static void checkKindAndDefault(Flag flag) {
    SettingKey key = KEYS.get(flag.name());
    if (key == null) {
      assertThat(OpenClipFlag.ALL.get(flag.name()).values()).isEqualTo(!flag.isSwitch());
      return;
    }
    assertThat(key.isSwitch()).isEqualTo(flag.isSwitch());
    String python = flag.byDefault().replaceAll("^'|'$", "").replace("\\t", "\t");
    boolean none = List.of("None", "False", "", "{}").contains(python);
    String expected = FILLED_IN.getOrDefault(flag.name(), none ? "" : python);
    assertThat(key.setting().byDefault()).isEqualTo(expected);
  }

  @Test
  void shouldDocumentEveryFlagThatHasNoSetting() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "command-line.md"));
    assertThat(OpenClipFlag.ALL.keySet()).allMatch(name -> page.contains("`--" + name + "`"));
  }
}
