package dev.troupe.nn.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SafetensorsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void shouldReadBackWhatWasWritten(DType dtype) {
    Path path = folder.resolve("a.safetensors");
    try (PointerScope scope = new PointerScope()) {
      long[] elements = {3L * 5 * dtype.bytes()};
      Tensor bytes = torch.randint(0, dtype == DType.BOOL ? 2 : 256, elements);
      Tensor matrix = bytes.to(torch.ScalarType.Byte).view(dtype.scalarType()).view(3, 5);
      Safetensors.write(path, Map.of("m", matrix), Map.of());
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        assertThat(file.dtype("m")).isEqualTo(dtype);
        assertThat(file.shape("m")).containsExactly(3, 5);
        assertThat(sameBytes(file.tensor("m"), matrix)).isTrue();
      }
    }
  }

  @Test
  void shouldKeepNamesMetadataScalarsAndEmptyTensors() throws IOException {
    Path path = folder.resolve("a.safetensors");
    try (PointerScope scope = new PointerScope()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("odd", torch.ones(new long[] {3}, options(DType.U8)));
      tensors.put("scalar", torch.full(new long[0], new org.bytedeco.pytorch.Scalar(2.5)));
      tensors.put("empty", torch.empty(new long[] {0, 7}, options(DType.F32), null));
      tensors.put("turned", torch.arange(new org.bytedeco.pytorch.Scalar(6)).view(2, 3).t());
      Written written = Safetensors.write(path, tensors, Map.of("format", "pt", "ünï", "\"q\""));

      assertThat(written.bytes()).isEqualTo(Files.size(path));
      assertThat(written.crc32c()).isEqualTo(Checksums.crc32c(path));
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        assertThat(file.names()).containsExactlyInAnyOrderElementsOf(tensors.keySet());
        assertThat(file.metadata()).containsEntry("format", "pt").containsEntry("ünï", "\"q\"");
        assertThat(file.shape("scalar")).isEmpty();
        assertThat(file.shape("empty")).containsExactly(0, 7);
        for (String name : tensors.keySet()) {
          assertThat(file.tensor(name).equal(tensors.get(name))).as(name).isTrue();
        }
      }
    }
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp-*");
  }

  @Test
  void shouldKeepATensorAfterTheFileWasClosed() {
    Path path = folder.resolve("a.safetensors");
    try (PointerScope scope = new PointerScope()) {
      Safetensors.write(path, Map.of("x", torch.ones(1000)), Map.of());
      Tensor x;
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        x = file.tensor("x");
      }
      assertThat(x.sum().item_double()).isEqualTo(1000);
      x.zero_(); // a private page: the file stays as it is
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        assertThat(file.tensor("x").sum().item_double()).isEqualTo(1000);
      }
    }
  }

  @Test
  void shouldReadTensorsThatAreNotAligned() throws IOException {
    String header =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[1,5]}}";
    ByteBuffer data = ByteBuffer.allocate(5).order(ByteOrder.LITTLE_ENDIAN);
    data.put((byte) 7).putFloat(1.5f);
    try (PointerScope scope = new PointerScope();
        SafetensorsFile file = SafetensorsFile.open(file(header, data.array()))) {
      assertThat(file.tensor("b").item_float()).isEqualTo(1.5f);
    }
  }

  @Test
  void shouldLeaveNothingBehindWhenWritingFails() {
    Path path = folder.resolve("missing/a.safetensors");
    try (PointerScope scope = new PointerScope()) {
      Map<String, Tensor> tensors = Map.of("x", torch.ones(10));
      assertThatThrownBy(() -> Safetensors.write(path, tensors, Map.of()))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining(path.toString());
      assertThat(folder).isEmptyDirectory();
    }
  }

  @Test
  void shouldRefuseFilesWithAReason() throws IOException {
    refuses(new byte[5], "5 bytes long");
    refuses(length(Long.MAX_VALUE), "header length 9223372036854775807");
    refuses(length(-1), "header length 18446744073709551615");
    refuses(length(1000), "truncated");
    refusesHeader("[]", 0, "does not start with '{'");
    refusesHeader("{\"a\":", 0, "invalid header");
    refusesHeader("{\"a\":".repeat(5000), 0, "unknown key a");
    refusesHeader("{} {}", 0, "text after its end");
    refusesHeader("{\"a\":3}", 0, "a: VALUE_NUMBER_INT");
    refusesHeader(tensor("a", "F31", "[1]", 0, 4), 4, "dtype F31");
    refusesHeader(tensor("a", "F32", "[2]", 0, 4), 4, "needs 8");
    refusesHeader(tensor("a", "F32", "[-1]", 0, 4), 4, "-1");
    refusesHeader(tensor("a", "F32", "[1152921504606846976]", 0, 4), 4, "4611686018427387904");
    refusesHeader(tensor("a", "F32", "[4611686018427387904,4]", 0, 4), 4, "too large");
    refusesHeader(tensor("a", "F32", "[99999999999999999999999]", 0, 4), 4, "2^63-1");
    refusesHeader(tensor("a", "F32", "[1]", 4, 0), 4, "data_offsets [4, 0]");
    refusesHeader(tensor("a", "F32", "[1]", 0, 4), 3, "truncated");
    refusesHeader(tensor("a", "F32", "[1]", 0, 4), 5, "1 unused bytes after a");
    refusesHeader(tensor("a", "F32", "[1]", 4, 8), 8, "4 unused bytes before a");
    refusesHeader(
        join(tensor("a", "F32", "[2]", 0, 8), tensor("b", "F32", "[2]", 4, 12)),
        12,
        "a and b overlap");
    refusesHeader(
        join(tensor("a", "F32", "[1]", 0, 4), tensor("a", "F32", "[1]", 4, 8)), 8, "uplicate");
    refusesHeader("{\"__metadata__\":{\"a\":1}}", 0, "__metadata__.a");
  }

  @Test
  void shouldSayThatAFileIsMissing() {
    assertThatThrownBy(() -> SafetensorsFile.open(folder.resolve("no.safetensors")))
        .hasMessageContaining("no.safetensors: no such file");
    assertThatThrownBy(() -> SafetensorsFile.open(folder)).hasMessageContaining("regular file");
  }

  private static boolean sameBytes(Tensor a, Tensor b) {
    return a.contiguous()
        .view(torch.ScalarType.Byte)
        .equal(b.contiguous().view(torch.ScalarType.Byte));
  }

  private static TensorOptions options(DType dtype) {
    return new TensorOptions(dtype.scalarType());
  }

  private static String tensor(String name, String dtype, String shape, long start, long end) {
    return String.format(
        "{\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}}",
        name, dtype, shape, start, end);
  }

  private static String join(String a, String b) {
    return a.substring(0, a.length() - 1) + "," + b.substring(1);
  }

  private static byte[] length(long value) {
    return ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  private Path file(String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer all =
        ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    all.putLong(json.length).put(json).put(data);
    return Files.write(folder.resolve("x.safetensors"), all.array());
  }

  private void refusesHeader(String header, int dataBytes, String reason) throws IOException {
    Path path = file(header, new byte[dataBytes]);
    assertThatThrownBy(() -> SafetensorsFile.open(path).close())
        .isInstanceOf(WeightsException.class)
        .hasMessageStartingWith(path.toString())
        .hasMessageContaining(reason);
  }

  private void refuses(byte[] content, String reason) throws IOException {
    Path path = Files.write(folder.resolve("x.safetensors"), content);
    assertThatThrownBy(() -> SafetensorsFile.open(path).close())
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(reason);
  }
}
