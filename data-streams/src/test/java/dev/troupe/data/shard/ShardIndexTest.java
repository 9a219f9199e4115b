package dev.troupe.data.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardIndexTest {
  static ByteSource source(byte[] bytes, int window) {
    return new ByteSource() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public void read(long position, ByteBuffer target) {
        int n = (int) Math.min(target.remaining(), bytes.length - position);
        target.put(bytes, (int) position, n);
      }

      @Override
      public int window() {
        return window;
      }
    };
  }

  static ShardIndex scan(byte[] bytes) throws IOException {
    return ShardIndex.scan(source(bytes, 4096));
  }

  private static List<String> samples(ShardIndex index) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < index.samples(); i++) {
      List<String> suffixes =
          index.members(i).stream().map(ShardIndex.Member::suffix).sorted().toList();
      all.add(index.key(i) + suffixes);
    }
    return all;
  }

  private static List<String> samples(String... names) throws IOException {
    Tars tars = new Tars();
    for (String name : names) {
      tars.file(name, "content of " + name);
    }
    ShardIndex index = scan(tars.bytes());
    assertThat(index.damages()).isEmpty();
    return samples(index);
  }

  @Test
  void shouldGroupFilesByNameUpToTheFirstDot() throws IOException {
    assertThat(samples("a.jpg", "a.txt", "a.json", "b.png", "b.txt"))
        .containsExactly("a[jpg, json, txt]", "b[png, txt]");
    assertThat(samples("x.d/a.jpg", "x.d/a.txt", "x.d/b.jpg", "x.d/b.txt"))
        .containsExactly("x.d/a[jpg, txt]", "x.d/b[jpg, txt]");
  }

  @Test
  void shouldReadSuffixesWithoutRegardToCase() throws IOException {
    assertThat(samples("a.JPG", "a.Txt")).containsExactly("a[jpg, txt]");
  }

  @Test
  void shouldStartANewSampleWhenASuffixRepeats() throws IOException {
    assertThat(samples("a.jpg", "a.txt", "a.jpg", "a.txt"))
        .containsExactly("a[jpg, txt]", "a[jpg, txt]");
  }

  @Test
  void shouldSkipHiddenFilesMetadataAndFilesWithoutASuffix() throws IOException {
    assertThat(
            samples(
                "README",
                ".hidden.jpg",
                "d/._a.jpg",
                "__meta__/x.jpg",
                "__info__",
                "a.jpg",
                "a.txt"))
        .containsExactly("a[jpg, txt]");
  }

  @Test
  void shouldTakeNamesWithSeveralDotsWhereTheyMakeAPair() throws IOException {
    assertThat(samples("p.v1.jpg", "p.v1.txt", "p.v2.jpg", "p.v2.txt"))
        .containsExactly("p.v1[jpg, txt]", "p.v2[jpg, txt]");
    // A part of a sample that is an image itself does not become one.
    assertThat(samples("a.jpg", "a.mask.png", "a.txt")).containsExactly("a[jpg, mask.png, txt]");
    assertThat(samples("a.b.jpg")).containsExactly("a[b.jpg]");
  }

  @Test
  void shouldJoinPartsThatStandApart() throws IOException {
    assertThat(samples("a.jpg", "b.jpg", "a.txt", "b.txt"))
        .containsExactly("a[jpg, txt]", "b[jpg, txt]");
  }

  @Test
  void shouldTakeTheFirstOfSeveralImagesInOpenClipsOrder() throws IOException {
    Tars tars = new Tars().file("a.webp", "w").file("a.jpeg", "e").file("a.png", "p");
    assertThat(scan(tars.bytes()).image(0).suffix()).isEqualTo("png");
  }

  @Test
  void shouldReadPosixAndGnuLongNames() throws IOException {
    String folder = "folder".repeat(30);
    for (Tars tars : List.of(new Tars(), new Tars().gnu())) {
      byte[] bytes =
          tars.file(folder + "/ünï.jpg", "image").file(folder + "/ünï.txt", "text").bytes();
      ShardIndex index = scan(bytes);
      assertThat(samples(index)).containsExactly(folder + "/ünï[jpg, txt]");
      assertThat(index.damages()).isEmpty();
    }
  }

  @Test
  void shouldPassOverLinksAndFolders() throws IOException {
    byte[] bytes =
        new Tars()
            .other("d/", TarConstants.LF_DIR)
            .file("d/a.jpg", "i")
            .other("d/a.png", TarConstants.LF_SYMLINK)
            .file("d/a.txt", "t")
            .bytes();
    assertThat(samples(scan(bytes))).containsExactly("d/a[jpg, txt]");
  }

  @Test
  void shouldReadOnAfterAnEndMark() throws IOException {
    byte[] one = new Tars().file("a.jpg", "i").file("a.txt", "t").bytes();
    byte[] other = new Tars().file("b.jpg", "i").file("b.txt", "t").bytes();
    byte[] joined = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, joined, one.length, other.length);
    ShardIndex index = scan(joined);
    assertThat(samples(index)).containsExactly("a[jpg, txt]", "b[jpg, txt]");
    assertThat(index.damages()).isEmpty();
  }

  @Test
  void shouldTellACutTarAndKeepWhatIsWhole() throws IOException {
    byte[] bytes = Tars.samples(0, 3, 2500);
    // The third sample's image is cut; without it nothing shows that there was one.
    ShardIndex index = scan(Arrays.copyOf(bytes, 2 * 4096 + 1000));
    assertThat(samples(index)).containsExactly("000000[jpg, txt]", "000001[jpg, txt]");
    assertThat(index.damages()).hasSize(1);
    assertThat(index.damages().get(0).what()).contains("000002.jpg is cut");
  }

  @Test
  void shouldGoOnAfterADamagedHeader() throws IOException {
    byte[] bytes = Tars.samples(0, 4, 2500);
    bytes[4096 + 10] ^= 1;
    ShardIndex index = scan(bytes);
    assertThat(samples(index))
        .containsExactly("000000[jpg, txt]", "000001[txt]", "000002[jpg, txt]", "000003[jpg, txt]");
    assertThat(index.damages()).hasSize(1);
    assertThat(index.damages().get(0).what()).contains("no tar header at byte 4096");
  }

  @Test
  void shouldTellAnEmptyShardAndOneThatIsNoTar() throws IOException {
    assertThat(scan(new byte[0]).damages().get(0).what()).contains("empty");
    byte[] noise = new byte[10_000];
    new java.util.Random(1).nextBytes(noise);
    ShardIndex index = scan(noise);
    assertThat(index.samples()).isZero();
    assertThat(index.damages()).hasSize(1);
    noise[0] = 0x1f;
    noise[1] = (byte) 0x8b;
    assertThat(scan(noise).damages().get(0).what()).contains("compressed (gzip)");
  }

  @Test
  void shouldFindTheSameWithAnyWindow() throws IOException {
    byte[] bytes = Tars.samples(0, 50, 3000);
    ShardIndex expected = ShardIndex.scan(source(bytes, 512));
    assertThat(expected.samples()).isEqualTo(50);
    for (int window : new int[] {513, 1000, 32 * 1024, 1 << 20}) {
      assertThat(ShardIndex.scan(source(bytes, window))).isEqualTo(expected);
    }
  }

  @Test
  void shouldReadAnIndexFileBackAsItWasWritten(@TempDir Path dir) throws IOException {
    byte[] bytes = Tars.samples(0, 20, 100);
    bytes[5] ^= 1;
    ShardIndex index = scan(bytes);
    assertThat(index.damages()).isNotEmpty();
    Path file = dir.resolve("x.idx");
    new ShardIndexFile("\"etag\"", index).write(file);
    assertThat(ShardIndexFile.read(file)).isEqualTo(new ShardIndexFile("\"etag\"", index));
    assertThat(ShardIndexFile.readHead(file))
        .isEqualTo(new ShardIndexFile.Head("\"etag\"", bytes.length, index.samples()));
  }
}
