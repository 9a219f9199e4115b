package dev.troupe.data.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.data.image.ImageHeader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SceneShardsTest {
  @Test
  void shouldWriteJpegsOfAPhotographsSizeAlikeEachTime(@TempDir Path folder) throws Exception {
    List<Path> shards = SceneShards.write(folder.resolve("a"), 3);
    assertThat(shards).hasSize(1);
    List<String> names = new ArrayList<>();
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(Files.newInputStream(shards.get(0)))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        names.add(entry.getName());
        byte[] content = tar.readAllBytes();
        if (entry.getName().endsWith(".jpg")) {
          ImageHeader header = ImageHeader.read(content);
          assertThat(header.width() * header.height()).isBetween(500 * 375, 800 * 600);
          assertThat(content.length).isBetween(20_000, 200_000);
        }
      }
    }
    assertThat(names).hasSize(6).contains("000000.jpg", "000002.txt");
    Path again = SceneShards.write(folder.resolve("b"), 3).get(0);
    assertThat(Files.mismatch(shards.get(0), again)).isEqualTo(-1);
  }
}
