package dev.troupe.nn.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are damaged or made to do harm: refused with a reason, at no great cost. */
class HostileFilesTest {
  private static final int MUTATIONS = 10_000;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {"state.safetensors", "state.pt", "script.pt", "arrays.npz", "arrays-deflated.npz"})
  @Timeout(120)
  void shouldSurviveTenThousandMutations(String name) throws IOException {
    byte[] original = Files.readAllBytes(Goldens.path(name));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    Random random = new Random(7);
    int refused = 0;
    int read = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      // A new file each time: some file systems wait for the disk when one is overwritten.
      Path path = Files.write(folder.resolve(i + "-" + name), mutate(original, random));
      long before = threads.getThreadAllocatedBytes(thread);
      try (PointerScope scope = new PointerScope();
          WeightsFile file = WeightsFiles.open(path)) {
        long bytes = 0;
        for (String tensor : file.names()) {
          Tensor values = file.tensor(tensor).contiguous();
          values.equal(values); // touches every byte
          bytes += values.nbytes();
        }
        assertThat(bytes).as("%s %d: tensors", name, i).isLessThan(16 << 20);
        read++;
      } catch (WeightsException e) {
        assertThat(e.getMessage()).startsWith(path.toString());
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError("mutation " + i + " of " + name + ": " + e, e);
      }
      Files.delete(path);
      long allocated = threads.getThreadAllocatedBytes(thread) - before;
      assertThat(allocated).as("%s %d: heap", name, i).isLessThan(2_000_000);
    }
    assertThat(refused).isGreaterThan(MUTATIONS / 10);
    assertThat(read).isGreaterThan(MUTATIONS / 100);
  }

  /** Flips, cuts, doubles, exchanges or overwrites some of the bytes. */
  private static byte[] mutate(byte[] original, Random random) {
    byte[] bytes = original.clone();
    int times = 1 + random.nextInt(4);
    for (int i = 0; i < times && bytes.length > 16; i++) {
      int at = random.nextInt(bytes.length);
      int length = Math.min(bytes.length - at, 1 + random.nextInt(64));
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes = Arrays.copyOf(bytes, at);
        case 3 -> {
          byte[] doubled = Arrays.copyOf(bytes, bytes.length + length);
          System.arraycopy(bytes, at, doubled, at + length, bytes.length - at);
          bytes = doubled;
        }
        case 4 ->
            System.arraycopy(bytes, at, bytes, random.nextInt(bytes.length - length + 1), length);
        default -> {
          long[] extremes = {-1, Long.MAX_VALUE, 1L << 60, 1L << 32, 0x7fffffff, 0};
          ByteBuffer number = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
          number.putLong(extremes[random.nextInt(extremes.length)]);
          System.arraycopy(number.array(), 0, bytes, at, Math.min(8, bytes.length - at));
        }
      }
    }
    return bytes;
  }

  @Test
  void shouldRefuseAZipBomb() throws IOException {
    byte[] zeros = new byte[200 << 20];
    refuses(zip(out -> entry(out, "archive/data.pkl", zeros)), "a zip bomb");
  }

  @Test
  void shouldRefuseEntriesThatClaimTheSameBytes() throws IOException {
    byte[] zip =
        zip(
            out -> {
              entry(out, "archive/data.pkl", new byte[1000]);
              entry(out, "archive/data/0", new byte[1000]);
            });
    ByteBuffer buffer = ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN);
    int directory = buffer.getInt(zip.length - 6);
    int second = directory + 46 + "archive/data.pkl".length();
    buffer.putInt(second + 42, 0); // its local header: the first entry's
    refuses(zip, "overlap");
  }

  @Test
  void shouldRefuseSizesBeyondTheArchive() throws IOException {
    refusesPickle(tensor(1L << 60, 0, 1L << 60), "16 bytes of data");
    refusesPickle(tensor(1L << 62, 0, 1L << 62), "too large");
    refusesPickle(tensor(4, 0, 1L << 40), "reaches to element");
    refusesPickle(tensor(4, 1L << 62, 1), "reaches to element");
    refusesPickle(tensor(1000, 0, 1), "16 bytes of data (expected: at least 4000)");
    refusesPickle(tensor(-4, 0, 1), "size -4 (expected: >= 0)");
  }

  @Test
  void shouldRefuseATensorThatRepeatsItsStorageWithoutEnd() throws IOException {
    refusesPickle(tensor(4, 0, 1L << 40, 0), "elements from a storage of 4");
  }

  @Test
  @Timeout(60)
  void shouldRefuseDeepNestingAndEndlessReferences() throws IOException {
    int depth = 1_000_000;
    refusesPickle(concat(header(), repeat("]", depth), repeat("a", depth - 1), "."), "no tensors");
    refusesPickle(concat(header(), repeat("(", depth), "."), "its stack is empty");
    // Each tuple holds the last one twice: 2^n values to whoever walks them.
    StringBuilder doubling = new StringBuilder("N");
    for (int i = 0; i < 200; i++) {
      doubling.append("2\u0086");
    }
    refusesPickle(concat(header(), doubling.toString(), "."), "no tensors");
    refusesPickle(concat(header(), "}", repeat(doubling.toString(), 1), "Ns."), "as a key");
  }

  @Test
  void shouldRefuseLengthsBeyondTheEnd() throws IOException {
    refusesPickle(concat(header(), "X\u00ff\u00ff\u00ff\u007f", "x."), "2147483647 bytes");
    refusesPickle(concat(header(), "\u008e", "\u00ff".repeat(8), "."), "18446744073709551615");
    refusesPickle(concat(header(), "]"), "ends in the middle");
    refusesPickle(concat(header(), "P123\n."), "opcode 0x50");
  }

  private static String header() {
    return "\u0080\u0002";
  }

  /** {"w": a tensor over the one storage of 16 bytes}. */
  private static byte[] tensor(long stored, long offset, long size) {
    return tensor(stored, offset, size, 1);
  }

  private static byte[] tensor(long stored, long offset, long size, long stride) {
    return concat(
        header(),
        "}X\u0001\u0000\u0000\u0000wctorch._utils\n_rebuild_tensor_v2\n(",
        "(X\u0007\u0000\u0000\u0000storagectorch\nFloatStorage\nX\u0001\u0000\u0000\u00000",
        "X\u0003\u0000\u0000\u0000cpu",
        number(stored),
        "tQ",
        number(offset),
        "(" + number(size) + "t(" + number(stride) + "t\u0089}tRs.");
  }

  private static String number(long value) {
    byte[] bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    return "\u008a\u0008" + new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String repeat(String text, int times) {
    return text.repeat(times);
  }

  private static byte[] concat(String... parts) {
    return String.join("", parts).getBytes(StandardCharsets.ISO_8859_1);
  }

  private void refusesPickle(byte[] pickle, String reason) throws IOException {
    refuses(
        zip(
            out -> {
              entry(out, "archive/data.pkl", pickle);
              entry(out, "archive/data/0", new byte[16]);
            }),
        reason);
  }

  private void refuses(byte[] content, String reason) throws IOException {
    Path path = Files.write(folder.resolve("hostile.pt"), content);
    assertThatThrownBy(() -> WeightsFiles.open(path).close())
        .isInstanceOf(WeightsException.class)
        .hasMessageStartingWith(path.toString())
        .hasMessageContaining(reason);
  }

  private static byte[] zip(Consumer<ZipOutputStream> content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes)) {
      content.accept(out);
    }
    return bytes.toByteArray();
  }

  /** Deflated if that makes it much smaller, else stored. */
  private static void entry(ZipOutputStream out, String name, byte[] content) {
    ZipEntry entry = new ZipEntry(name);
    if (content.length < 1 << 20) {
      CRC32 crc = new CRC32();
      crc.update(content);
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(content.length);
      entry.setCrc(crc.getValue());
    }
    try {
      out.putNextEntry(entry);
      out.write(content);
      out.closeEntry();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
