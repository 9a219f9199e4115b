package dev.troupe.runtime;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The modules' arrows point down only, and every package explains itself. */
class ArchitectureTest {
  private static JavaClasses classes;

  @BeforeAll
  static void importClasses() {
    classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.troupe");
    assertThat(classes.stream().map(type -> type.getPackageName().split("\\.")[2]).distinct())
        .contains("nn", "data", "actors", "runtime");
  }

  private static void forbid(String from, String... to) {
    noClasses()
        .that()
        .resideInAPackage(from)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(to)
        .check(classes);
  }

  @Test
  void shouldKeepActorsAndDataOutOfNn() {
    forbid(
        "dev.troupe.nn..",
        "dev.troupe.data..",
        "dev.troupe.actors..",
        "dev.troupe.runtime..",
        "org.apache.pekko..");
  }

  @Test
  void shouldKeepActorsAndModelsOutOfDataStreams() {
    forbid(
        "dev.troupe.data..",
        "dev.troupe.nn..",
        "dev.troupe.actors..",
        "dev.troupe.runtime..",
        "org.apache.pekko.actor.typed..",
        "org.apache.pekko.cluster..");
  }

  @Test
  void shouldKeepTorchAndStoresOutOfActors() {
    forbid(
        "dev.troupe.actors..",
        "dev.troupe.nn..",
        "dev.troupe.data..",
        "dev.troupe.runtime..",
        "org.bytedeco..",
        "software.amazon..");
  }

  @Test
  void shouldExplainEveryPackage() throws IOException {
    for (String module : List.of("nn", "data-streams", "actors", "runtime")) {
      Path sources = Path.of("..", module, "src", "main", "java");
      try (Stream<Path> folders = Files.walk(sources)) {
        List<Path> silent =
            folders
                .filter(Files::isDirectory)
                .filter(ArchitectureTest::holdsJava)
                .filter(folder -> !Files.exists(folder.resolve("package-info.java")))
                .toList();
        assertThat(silent).isEmpty();
      }
    }
  }

  private static boolean holdsJava(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> file.toString().endsWith(".java"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
