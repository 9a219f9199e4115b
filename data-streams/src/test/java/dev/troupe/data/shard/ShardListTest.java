package dev.troupe.data.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.data.stream.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardListTest {
  /** The sub-cases of OpenCLIP's test_num_shards. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/path/to/shard.tar | 1",
        "/path/to/shard_{000..000}.tar | 1",
        "/path/to/shard_{000..009}.tar | 10",
        "/path/to/shard_{000..009}_{000..009}.tar | 100",
        "/path/to/shard.tar::/path/to/other_shard_{000..009}.tar | 11",
        "/path/to/shard_{000..009}.tar::/path/to/other_shard_{000..009}.tar | 20",
      })
  void shouldCountShardsAsOpenClipDoes(String location, int count) {
    assertThat(ShardList.expand(location, null).urls()).hasSize(count).doesNotHaveDuplicates();
  }

  @Test
  void shouldTakeListsOfShards() {
    assertThat(ShardList.expand(List.of("/path/to/shard.tar"), null).urls()).hasSize(1);
    assertThat(
            ShardList.expand(List.of("/path/to/shard.tar", "/path/to/other_shard.tar"), null)
                .urls())
        .hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x{a,b}y | xay xby",
        "{8..11} | 8 9 10 11",
        "{08..11} | 08 09 10 11",
        "{3..1} | 3 2 1",
        "{0..10..5} | 0 5 10",
        "{a..c}{1,2} | a1 a2 b1 b2 c1 c2",
        "{a,b{1..2}} | a b1 b2",
        "a\\{b,c} | a{b,c}",
        "{abc} | {abc}",
        "open{ | open{",
      })
  void shouldExpandBracesAsAShellDoes(String pattern, String expected) {
    assertThat(Braces.expand(pattern)).containsExactly(expected.split(" "));
  }

  @Test
  void shouldExpandHundredsOfThousandsOfShards() {
    List<String> urls = ShardList.expand("s3://laion/{000000..230999}.tar", null).urls();
    assertThat(urls).hasSize(231_000).startsWith("s3://laion/000000.tar");
    assertThat(urls.get(230_999)).isEqualTo("s3://laion/230999.tar");
  }

  @Test
  void shouldKnowTheSourceOfEachShard() {
    assertThat(ShardList.expand("a.tar::b{1..2}.tar::c.tar", null).sources())
        .containsExactly(0, 1, 1, 2);
  }

  @Test
  void shouldFindLocalFilesByWildcards(@TempDir Path dir) throws IOException {
    Files.createDirectories(dir.resolve("sub"));
    for (String name : List.of("a1.tar", "a2.tar", "b1.tar", "a1.txt", "sub/a3.tar")) {
      Files.createFile(dir.resolve(name));
    }
    assertThat(names(dir, "a*.tar")).containsExactly("a1.tar", "a2.tar");
    assertThat(names(dir, "?[12].tar")).containsExactly("a1.tar", "a2.tar", "b1.tar");
    assertThat(names(dir, "*/*.tar")).containsExactly("sub/a3.tar");
    assertThat(names(dir, "**.tar")).containsExactly("a1.tar", "a2.tar", "b1.tar", "sub/a3.tar");
    assertThatThrownBy(() -> names(dir, "c*.tar"))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no file matches");
  }

  private static List<String> names(Path dir, String pattern) {
    return ShardList.expand(dir + "/" + pattern, null).urls().stream()
        .map(url -> dir.relativize(Path.of(url)).toString())
        .toList();
  }

  @Test
  void shouldRefusePipesWithTheReason() {
    assertThatThrownBy(() -> ShardList.expand("pipe:aws s3 cp s3://b/x.tar -", null))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("cannot be entered in the middle")
        .hasMessageContaining("s3://");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gs://bucket/x.tar | https://storage.googleapis.com",
        "hdfs://host/x.tar | expected: a path",
        "a.tar::::b.tar | an empty source",
        "'' | empty",
        "${TROUPE_NO_SUCH}/x.tar | WDS_TROUPE_NO_SUCH is not set",
      })
  void shouldSayWhatIsWrongWithALocation(String location, String message) {
    assertThatThrownBy(() -> ShardList.expand(location, null))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(message);
  }

  @Test
  void shouldNameShardsByAsMuchOfTheirPathAsTellsThemApart() {
    assertThat(ShardList.expand("/x/a.tar::/x/b.tar", null).names())
        .containsExactly("a.tar", "b.tar");
    assertThat(ShardList.expand("/x/1/a.tar::/x/2/a.tar", null).names())
        .containsExactly("1/a.tar", "2/a.tar");
    assertThat(ShardList.expand("https://h/a.tar?token=1::https://h/b.tar?token=1", null).names())
        .containsExactly("a.tar", "b.tar");
    assertThat(ShardList.expand("/x/a.tar::/x/a.tar", null).names()).hasSize(2);
  }
}
