package dev.troupe.runtime.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.data.store.FaultProxy;
import dev.troupe.data.store.FaultProxy.Fault;
import dev.troupe.data.store.S3Server;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.store.WebServer;
import dev.troupe.nn.weights.Checksums;
import dev.troupe.nn.weights.WeightsException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Weights from real servers. */
@Timeout(120)
class WeightsCacheTest {
  @TempDir Path folder;
  private final byte[] content = new byte[3_000_000];
  private final Map<String, byte[]> served = new ConcurrentHashMap<>();
  private WebServer web;
  private Path cache;

  @BeforeEach
  void serve() throws IOException {
    new Random(1).nextBytes(content);
    served.put("/w.safetensors", content);
    web = new WebServer(served::get, true);
    cache = folder.resolve("cache");
  }

  @AfterEach
  void stop() {
    web.close();
  }

  private String address() {
    return "http://127.0.0.1:" + web.port() + "/w.safetensors";
  }

  private Path fetch(String address) {
    return fetch(address, StoreSpec.defaults());
  }

  private Path fetch(String address, StoreSpec stores) {
    try (WeightsCache weights = new WeightsCache(cache, stores)) {
      return weights.fetch(address);
    }
  }

  private long gets() {
    return web.requests().stream().filter(line -> line.startsWith("GET")).count();
  }

  @Test
  void shouldFetchOnceAndAgainWhenTheServerHasAnother() {
    Path file = fetch(address());
    assertThat(file).hasBinaryContent(content);
    assertThat(fetch(address())).isEqualTo(file);
    assertThat(gets()).isEqualTo(1);

    content[7]++;
    assertThat(fetch(address())).isEqualTo(file).hasBinaryContent(content);
    assertThat(gets()).isEqualTo(2);

    web.close(); // a copy is better than none
    assertThat(fetch(address())).hasBinaryContent(content);
  }

  @Test
  void shouldFetchAWholeFileFromAServerWithoutRanges() throws IOException {
    try (WebServer plain = new WebServer(served::get, false)) {
      assertThat(fetch("http://127.0.0.1:" + plain.port() + "/w.safetensors"))
          .hasBinaryContent(content);
    }
  }

  @Test
  void shouldTrustAChecksumAndRefuseAnother() throws IOException {
    String right = Checksums.sha256(Files.write(folder.resolve("w"), content));
    String wrong = "0123456789abcdef";
    assertThatThrownBy(() -> fetch(address() + "#sha256=" + wrong))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("sha256 " + right + " (expected: " + wrong + ")")
        .hasMessageContaining("was removed");
    assertThat(cached("w.safetensors")).isEmpty();

    Path file = fetch(address() + "#sha256=" + right);
    assertThat(file).hasBinaryContent(content);
    int requests = web.requests().size();
    assertThat(fetch(address() + "#sha256=" + right.substring(0, 8).toUpperCase()))
        .hasBinaryContent(content);
    assertThat(fetch(address() + "#sha256=" + right)).isEqualTo(file);
    assertThat(gets()).isEqualTo(3);
    assertThat(web.requests().subList(requests, web.requests().size())).hasSize(2);

    assertThatThrownBy(() -> fetch(address() + "#md5=1"))
        .hasMessageContaining("#md5=1 (expected: #sha256= and 8 to 64 digits)");
  }

  @Test
  void shouldFetchFromS3() throws Exception {
    try (S3Server s3 = new S3Server(Files.createDirectory(folder.resolve("s3")))) {
      s3.put("weights", "runs/w.safetensors", content);
      StoreSpec stores = S3Server.spec(s3.port(), folder.resolve("shards"));
      Path file = fetch("s3://weights/runs/w.safetensors", stores);
      assertThat(file).hasBinaryContent(content).hasFileName(file.getFileName().toString());
      assertThatThrownBy(() -> fetch("s3://weights/runs/none.safetensors", stores))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("can't fetch s3://weights/runs/none.safetensors")
          .hasMessageContaining("--pretrained FILE");
    }
  }

  @Test
  void shouldGoOnAtItsByteAfterTheProcessThatFetchedWasKilled() throws Exception {
    Predicate<String> whole = line -> line.startsWith("GET") && !line.endsWith(FaultProxy.RANGED);
    try (FaultProxy proxy =
        new FaultProxy(web.port(), (n, line) -> whole.test(line) ? Fault.STALL : Fault.NONE)) {
      String address = "http://127.0.0.1:" + proxy.port() + "/w.safetensors";
      Process process = FetchProcess.start(cache, address);
      try {
        while (cachedBytes() < content.length / 2) {
          assertThat(process.isAlive()).isTrue();
          Thread.sleep(10);
        }
      } finally {
        process.destroyForcibly().waitFor();
      }
      long before = web.sent();
      assertThat(fetch(address)).hasBinaryContent(content);
      assertThat(web.sent() - before).isEqualTo(content.length - content.length / 2);
      assertThat(proxy.requests().stream().filter(whole)).hasSize(1);
    }
  }

  @Test
  void shouldStartAnewWhenTheServerHasAnotherThanTheBrokenFetch() throws Exception {
    boolean[] stall = {true};
    try (FaultProxy proxy =
        new FaultProxy(
            web.port(),
            (n, line) -> line.startsWith("GET") && stall[0] ? Fault.STALL : Fault.NONE)) {
      String address = "http://127.0.0.1:" + proxy.port() + "/w.safetensors";
      Process process = FetchProcess.start(cache, address);
      try {
        while (cachedBytes() < content.length / 2) {
          assertThat(process.isAlive()).isTrue();
          Thread.sleep(10);
        }
      } finally {
        process.destroyForcibly().waitFor();
      }
      stall[0] = false;
      content[0]++;
      assertThat(fetch(address)).hasBinaryContent(content);
      assertThat(cached(".part")).isEmpty();
    }
  }

  @Test
  void shouldFetchOnceForTwoProcesses() throws Exception {
    CountDownLatch started = new CountDownLatch(2);
    List<String> gets = new ArrayList<>();
    try (WebServer slow =
        new WebServer(
            path -> {
              try {
                started.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return content;
            },
            true)) {
      String address = "http://127.0.0.1:" + slow.port() + "/w.safetensors";
      List<Process> processes = new ArrayList<>();
      List<BufferedReader> outputs = new ArrayList<>();
      try {
        for (int i = 0; i < 2; i++) {
          Process process = FetchProcess.start(cache, address);
          processes.add(process);
          outputs.add(
              new BufferedReader(
                  new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
        }
        for (BufferedReader output : outputs) {
          assertThat(output.readLine()).isEqualTo("started");
          started.countDown();
        }
        for (int i = 0; i < 2; i++) {
          String last = outputs.get(i).lines().reduce((a, b) -> b).orElse("");
          assertThat(processes.get(i).waitFor()).as(last).isZero();
          assertThat(Path.of(last)).hasBinaryContent(content);
        }
      } finally {
        processes.forEach(Process::destroyForcibly);
      }
      slow.requests().stream().filter(line -> line.startsWith("GET")).forEach(gets::add);
    }
    assertThat(gets).hasSize(1);
  }

  @Test
  void shouldSayWhichFileToPutWhereWithoutANetwork() throws IOException {
    String address = "http://weights.invalid/w.safetensors";
    String message =
        org.assertj.core.api.Assertions.catchThrowableOfType(
                WeightsException.class, () -> fetch(address))
            .getMessage();
    assertThat(message)
        .startsWith("can't fetch " + address)
        .contains("no network: host weights.invalid is unknown")
        .contains("name the file: --pretrained FILE, or put it at ");
    Path place = Path.of(message.substring(message.lastIndexOf(" put it at ") + 11));
    Files.createDirectories(place.getParent());
    Files.write(place, content);
    assertThat(fetch(address)).isEqualTo(place);
  }

  @Test
  void shouldCheckAFileThatWasPutThereByHand() throws IOException {
    String address = "http://weights.invalid/w.safetensors#sha256=01234567";
    String message =
        org.assertj.core.api.Assertions.catchThrowableOfType(
                WeightsException.class, () -> fetch(address))
            .getMessage();
    Path place = Path.of(message.substring(message.lastIndexOf(" put it at ") + 11));
    Files.createDirectories(place.getParent());
    Files.write(place, content);
    assertThatThrownBy(() -> fetch(address)).hasMessageContaining(place + " was removed");
  }

  private List<Path> cached(String part) {
    if (!Files.isDirectory(cache)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(cache)) {
      return files
          .filter(file -> file.toString().contains(part))
          .filter(file -> !file.toString().endsWith(".lock"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long cachedBytes() throws IOException {
    long bytes = 0;
    for (Path file : cached(".part")) {
      bytes += Files.size(file);
    }
    return bytes;
  }
}
