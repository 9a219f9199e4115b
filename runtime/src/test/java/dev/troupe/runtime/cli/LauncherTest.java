package dev.troupe.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher in a project of its own, whose {@code java} prints what it is started with and whose
 * {@code mvn} leaves what a build leaves.
 */
class LauncherTest {
  private static final List<String> TOOLS =
      List.of(
          "bash",
          "cat",
          "dirname",
          "env",
          "find",
          "flock",
          "grep",
          "head",
          "mkdir",
          "readlink",
          "sed",
          "sleep",
          "stty",
          "touch",
          "uname");

  @TempDir Path folder;
  private Path home;
  private Path bin;
  private Path jdk;
  private final Map<String, String> variables = new HashMap<>();

  @BeforeEach
  void layOut() throws IOException {
    home = Files.createDirectories(folder.toRealPath().resolve("project with space"));
    bin = Files.createDirectories(folder.toRealPath().resolve("bin"));
    jdk = folder.toRealPath().resolve("jdk");
    for (String tool : TOOLS) {
      script(bin.resolve(tool), "#!/bin/bash\nexec " + which(tool) + " \"$@\"\n");
    }
    Files.copy(Path.of("..", "troupe"), home.resolve("troupe"));
    script(home.resolve("troupe"), Files.readString(home.resolve("troupe")));
    write(home.resolve("pom.xml"), "<project/>");
    write(home.resolve("runtime/src/main/java/A.java"), "class A {}");
    write(jdk.resolve("release"), "JAVA_VERSION=\"17.0.15\"\n");
    script(
        jdk.resolve("bin/java"),
        "#!/bin/bash\nprintf '%s\\n' \"pid $$\" \"$@\" >&3\necho chatter\nexit 7\n");
    script(jdk.resolve("bin/javac"), "#!/bin/bash\n");
    script(
        bin.resolve("mvn"),
        """
        #!/bin/bash
        echo "mvn $*" >> builds.txt
        sleep 0.3
        mkdir -p runtime/target
        touch runtime/target/troupe-runtime-1.jar
        echo /lib/a.jar:/lib/b.jar > runtime/target/classpath.txt
        """);
  }

  private static Path which(String tool) {
    return List.of("/usr/bin", "/bin", "/usr/sbin", "/sbin").stream()
        .map(place -> Path.of(place, tool))
        .filter(Files::exists)
        .findFirst()
        .orElseThrow();
  }

  private static void write(Path file, String content) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private static void script(Path file, String content) throws IOException {
    write(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private record Outcome(int exit, String output, long pid) {}

  private Process start(Path launcher, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.directory(folder.toFile());
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.put("PATH", bin.toString());
    environment.put("HOME", folder.toString());
    environment.putAll(variables);
    if (Files.exists(jdk)) {
      environment.put("JAVA_HOME", jdk.toString());
    }
    return builder.start();
  }

  private static Outcome end(Process process) throws IOException, InterruptedException {
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return new Outcome(process.exitValue(), output, process.pid());
  }

  private Outcome run(String... arguments) throws IOException, InterruptedException {
    return end(start(home.resolve("troupe"), arguments));
  }

  private long builds() throws IOException {
    Path builds = home.resolve("builds.txt");
    return Files.exists(builds) ? Files.readAllLines(builds).size() : 0;
  }

  @Test
  void shouldBuildOnceAndPassArgumentsAndExitCodeThrough() throws Exception {
    Outcome first = run("train", "a b", "--lr", "1");
    assertThat(first.exit()).isEqualTo(7);
    assertThat(first.output())
        .contains("troupe: building; the first time downloads about")
        .contains(
            "\n-cp\n"
                + home
                + "/runtime/target/troupe-runtime-1.jar:/lib/a.jar:/lib/b.jar\n"
                + "dev.troupe.runtime.cli.Main\ntrain\na b\n--lr\n1\n")
        .contains("\n-Dtroupe.home=" + home + "\n")
        .contains("\n-Dorg.bytedeco.openblas.load=mkl_rt\n")
        .doesNotContain("troupe.tty", "chatter");
    assertThat(run().output()).doesNotContain("building");
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void shouldBecomeTheJavaProcessSoThatSignalsReachIt() throws Exception {
    Outcome outcome = run();
    assertThat(outcome.output()).contains("pid " + outcome.pid() + "\n");
  }

  @Test
  void shouldFindTheProjectThroughSymbolicLinks() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("outer"), home.resolve("troupe"));
    Path second = Files.createSymbolicLink(bin.resolve("troupe"), Path.of("../outer"));
    assertThat(Files.exists(link)).isTrue();
    assertThat(end(start(second)).output()).contains("\n-Dtroupe.home=" + home + "\n");
  }

  @Test
  void shouldRebuildWhenASourceIsNewerThanTheBuild() throws Exception {
    run();
    Files.setLastModifiedTime(
        home.resolve("runtime/src/main/java/A.java"), FileTime.from(Instant.now().plusSeconds(5)));
    run();
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void shouldRebuildForOtherMavenOptionsAndKeepThemUntilOthersAreGiven() throws Exception {
    run();
    variables.put("TROUPE_MAVEN_OPTS", "-Pcuda");
    run();
    run();
    variables.clear();
    run();
    assertThat(Files.readAllLines(home.resolve("builds.txt")))
        .containsExactly("mvn -B -DskipTests package", "mvn -B -DskipTests -Pcuda package");
    Files.setLastModifiedTime(
        home.resolve("runtime/src/main/java/A.java"), FileTime.from(Instant.now().plusSeconds(5)));
    run();
    assertThat(Files.readAllLines(home.resolve("builds.txt")))
        .last()
        .isEqualTo("mvn -B -DskipTests -Pcuda package");
  }

  @Test
  void shouldBuildOnceWhenStartedSeveralTimesAtOnce() throws Exception {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      processes.add(start(home.resolve("troupe")));
    }
    for (Process process : processes) {
      assertThat(end(process).exit()).isEqualTo(7);
    }
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void shouldShowWhatBrokeABuild() throws Exception {
    script(
        bin.resolve("mvn"), "#!/bin/bash\necho '[INFO] fine'\necho '[ERROR] A.java: no'\nexit 1\n");
    Outcome outcome = run();
    assertThat(outcome.exit()).isEqualTo(1);
    assertThat(outcome.output())
        .contains("[ERROR] A.java: no")
        .doesNotContain("fine")
        .contains("troupe: the build failed; the whole log is " + home);
  }

  @Test
  void shouldSayThatJavaIsMissingOrTooOld() throws Exception {
    write(jdk.resolve("release"), "JAVA_VERSION=\"11.0.2\"\n");
    assertThat(run())
        .returns(1, Outcome::exit)
        .extracting(Outcome::output)
        .asString()
        .contains(
            "troupe: Java: 11 at " + jdk + "/bin/java (expected: 17 or newer; set JAVA_HOME)");
    Files.move(jdk, folder.resolve("elsewhere"));
    assertThat(run())
        .returns(1, Outcome::exit)
        .extracting(Outcome::output)
        .asString()
        .contains("troupe: java: not found (expected: Java 17 or newer");
  }

  @Test
  void shouldSayThatMavenOrTheCompilerIsMissing() throws Exception {
    Files.delete(bin.resolve("mvn"));
    assertThat(run().output()).startsWith("troupe: mvn: not found (expected: Maven 3.8 or newer");
    script(bin.resolve("mvn"), "#!/bin/bash\n");
    Files.delete(jdk.resolve("bin/javac"));
    assertThat(run().output()).startsWith("troupe: javac: not found beside " + jdk);
  }

  @Test
  void shouldRefuseAPlatformWithoutNatives() throws Exception {
    Files.delete(bin.resolve("uname"));
    script(bin.resolve("uname"), "#!/bin/bash\n[ \"$1\" = -s ] && echo Darwin || echo arm64\n");
    assertThat(run())
        .returns(1, Outcome::exit)
        .extracting(Outcome::output)
        .asString()
        .startsWith("troupe: platform: Darwin-arm64 (expected: Linux-x86_64");
  }
}
