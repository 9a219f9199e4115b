package dev.troupe.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandLineTest {
  @TempDir Path folder;

  private static Stream<CommandLine> all(CommandLine line) {
    return Stream.concat(
        Stream.of(line), line.getSubcommands().values().stream().flatMap(CommandLineTest::all));
  }

  @TestFactory
  Stream<DynamicTest> shouldExplainEveryCommand() {
    return all(Main.commandLine())
        .map(
            command ->
                DynamicTest.dynamicTest(
                    command.getCommandSpec().qualifiedName(),
                    () -> {
                      StringWriter help = new StringWriter();
                      command.usage(new PrintWriter(help));
                      assertThat(command.getCommandSpec().usageMessage().description())
                          .isNotEmpty();
                      assertThat(help.toString())
                          .startsWith("Usage: ")
                          .doesNotContain("%n", "$", "@|");
                    }));
  }

  @Test
  void shouldTellAllThatIsWrongWithACommandLineAndEndWith2() throws Exception {
    Cli.Outcome outcome =
        Cli.run(folder, "train", "--epochs", "0", "--batch-sise", "32", "--use-bnb-linear", "x");
    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err().lines())
        .containsExactlyInAnyOrder(
            "error: epochs: 0 (expected: a whole number >= 1)",
            "error: --batch-sise: no such flag (did you mean --batch-size?)",
            "error: use-bnb-linear: not supported: bitsandbytes' int8 layers exist only in Python",
            "error: see ./troupe train --help");
  }

  @Test
  void shouldSuggestTheCommandThatWasMeant() throws Exception {
    Cli.Outcome outcome = Cli.run(folder, "trian");
    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains("error: did you mean train?");
  }

  @Test
  void shouldIndexAndVerifyADataSet() throws Exception {
    String shards = Cli.HOME.resolve("data/emoji") + "/val-{0000..0001}.tar";
    Cli.Outcome index = Cli.run(folder, "index", shards, "--out", "index", "--json");
    assertThat(index.exit()).isZero();
    JsonNode counted = new ObjectMapper().readTree(index.out());
    assertThat(counted.path("samples").asInt()).isEqualTo(1808);
    assertThat(folder.resolve("index/sizes.json")).content().contains("val-0001.tar");
    Cli.Outcome verify = Cli.run(folder, "verify", shards, "--json");
    assertThat(verify.exit()).isZero();
    assertThat(new ObjectMapper().readTree(verify.out()).path("broken").asInt()).isZero();
  }

  @Test
  void shouldEndWith1AndNameWhatIsLostInABrokenShard() throws Exception {
    byte[] shard = Files.readAllBytes(Cli.HOME.resolve("data/emoji/val-0001.tar"));
    Files.write(folder.resolve("cut.tar"), Arrays.copyOf(shard, shard.length / 2));
    Cli.Outcome verify = Cli.run(folder, "verify", "cut.tar::gone.tar");
    assertThat(verify.exit()).isEqualTo(1);
    assertThat(verify.err())
        .contains(
            "damaged: cut.tar: ", "damaged: gone.tar: no such file", "The data set has faults.");
  }
}
