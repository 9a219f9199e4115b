package dev.troupe.data.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.data.store.FaultProxy.Fault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FetcherTest {
  private static final byte[] CONTENT = new byte[700_000];

  static {
    new Random(4).nextBytes(CONTENT);
  }

  private static StoreSpec spec(Duration stall, Duration giveUp) {
    return StoreSpec.defaults().withPatience(stall, giveUp, 4).withCache(Path.of("unused"), 1);
  }

  private static Fetcher fetcher() {
    return new Fetcher(spec(Duration.ofMillis(300), Duration.ofSeconds(20)));
  }

  private static byte[] copy(Fetcher fetcher, String url) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    fetcher.copy(
        url,
        fetcher.stat(url).version(),
        new Fetcher.Target() {
          @Override
          public void restart() {
            bytes.reset();
          }

          @Override
          public void write(byte[] data, int offset, int length) {
            bytes.write(data, offset, length);
          }
        });
    return bytes.toByteArray();
  }

  private static WebServer server(boolean ranges) throws IOException {
    return new WebServer(path -> path.equals("/x.tar") ? CONTENT : null, ranges);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldGoOnWhereAConnectionWasCutOrStuck(boolean ranges) throws IOException {
    try (WebServer server = server(ranges);
        FaultProxy proxy =
            new FaultProxy(
                server.port(),
                (n, line) ->
                    line.startsWith("HEAD") || n > 6
                        ? Fault.NONE
                        : n % 2 == 0 ? Fault.CUT : Fault.STALL);
        Fetcher fetcher = fetcher()) {
      assertThat(copy(fetcher, "http://127.0.0.1:" + proxy.port() + "/x.tar")).isEqualTo(CONTENT);
      assertThat(proxy.count(Fault.CUT)).isPositive();
      assertThat(proxy.count(Fault.STALL)).isPositive();
      if (ranges) {
        // Each try brings half of what is missing; nothing is sent twice.
        assertThat(server.sent()).isLessThan(2L * CONTENT.length);
      }
    }
  }

  @Test
  void shouldReadRanges() throws IOException {
    try (WebServer server = server(true);
        Fetcher fetcher = fetcher()) {
      String url = "http://127.0.0.1:" + server.port() + "/x.tar";
      Fetcher.ObjectInfo info = fetcher.stat(url);
      assertThat(info.size()).isEqualTo(CONTENT.length);
      assertThat(fetcher.range(url, 1000, 3000, info.version()))
          .isEqualTo(Arrays.copyOfRange(CONTENT, 1000, 3000));
      assertThat(fetcher.range(url, CONTENT.length - 10, CONTENT.length + 10, info.version()))
          .isEqualTo(Arrays.copyOfRange(CONTENT, CONTENT.length - 10, CONTENT.length));
    }
  }

  @Test
  void shouldStartAgainWhenTheObjectChanges() throws IOException {
    byte[] other = CONTENT.clone();
    other[5] ^= 1;
    AtomicReference<byte[]> now = new AtomicReference<>(CONTENT);
    try (WebServer server = new WebServer(path -> now.get(), true);
        FaultProxy proxy =
            new FaultProxy(
                server.port(),
                (n, line) -> {
                  if (n == 2) {
                    now.set(other);
                  }
                  return n == 1 ? Fault.CUT : Fault.NONE;
                });
        Fetcher fetcher = fetcher()) {
      assertThat(copy(fetcher, "http://127.0.0.1:" + proxy.port() + "/x.tar")).isEqualTo(other);
    }
  }

  @Test
  void shouldNotTryAgainForWhatIsNotThere() throws IOException {
    try (WebServer server = server(true);
        Fetcher fetcher = fetcher()) {
      assertThatThrownBy(() -> copy(fetcher, "http://127.0.0.1:" + server.port() + "/y.tar"))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("404");
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void shouldGiveUpAfterATimeWithoutProgress() throws IOException {
    try (WebServer server = server(true);
        FaultProxy proxy = new FaultProxy(server.port(), (n, line) -> Fault.BUSY);
        Fetcher fetcher = new Fetcher(spec(Duration.ofMillis(300), Duration.ofMillis(800)))) {
      assertThatThrownBy(() -> copy(fetcher, "http://127.0.0.1:" + proxy.port() + "/x.tar"))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("503")
          .hasMessageContaining("without progress");
      assertThat(proxy.requests()).hasSizeGreaterThan(2);
    }
  }

  @ParameterizedTest
  @CsvSource({"http, STALL", "http, SILENT", "s3, STALL", "s3, SILENT"})
  void shouldEndAWaitingReadWhenClosed(String scheme, Fault fault) throws Exception {
    try (WebServer server = new WebServer(path -> CONTENT, true);
        FaultProxy proxy = new FaultProxy(server.port(), (n, line) -> fault)) {
      StoreSpec spec =
          spec(Duration.ofMinutes(5), Duration.ofHours(1))
              .withS3("http://127.0.0.1:" + proxy.port(), null, true, true);
      Fetcher fetcher = new Fetcher(spec);
      String url = scheme.equals("s3") ? "s3://b/x" : "http://127.0.0.1:" + proxy.port() + "/x";
      ByteArrayOutputStream arrived = new ByteArrayOutputStream();
      CompletableFuture<Void> reader =
          CompletableFuture.runAsync(
              () -> {
                try {
                  fetcher.copy(url, null, Fetcher.Target.of(arrived));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      int before = fault == Fault.STALL ? CONTENT.length / 2 : 0;
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while ((proxy.count(fault) == 0 || arrived.size() < before) && System.nanoTime() < deadline) {
        Thread.sleep(5);
      }
      assertThat(arrived.size()).isEqualTo(before);
      fetcher.close();
      assertThatThrownBy(() -> reader.get(20, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasMessageContaining("reading was stopped");
    }
  }
}
