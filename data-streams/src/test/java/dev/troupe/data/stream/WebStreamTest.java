package dev.troupe.data.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.data.sample.SkippedSample;
import dev.troupe.data.shard.Tars;
import dev.troupe.data.store.FaultProxy;
import dev.troupe.data.store.FaultProxy.Fault;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.store.WebServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebStreamTest {
  @TempDir Path cache;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void shouldReadAnEpochFromAWebServerThroughCutConnections(boolean ranges) throws Exception {
    Map<String, byte[]> files = new HashMap<>();
    for (int i = 0; i < 20; i++) {
      files.put("/data/" + (10 + i) + ".tar", Tars.samples(30 * i, 30, 3000));
    }
    List<SkippedSample> skipped = new CopyOnWriteArrayList<>();
    List<String> keys = new ArrayList<>();
    ActorSystem system = ActorSystem.create("web");
    StoreSpec store =
        StoreSpec.defaults()
            .withCache(cache, 1L << 30)
            .withKeepFreeBytes(0)
            .withPatience(Duration.ofSeconds(1), Duration.ofSeconds(30), 6);
    try (WebServer server = new WebServer(files::get, ranges);
        FaultProxy proxy =
            new FaultProxy(server.port(), (n, line) -> n % 5 == 2 ? Fault.CUT : Fault.NONE);
        DataFactory factory =
            Fixtures.factory(system, StreamSpec.defaults().withSkips(0, skipped::add), store);
        TrainingData data =
            factory.training(
                // Without a sizes.json there: the shards are counted by ranges first.
                DataSpec.of("http://127.0.0.1:" + proxy.port() + "/data/{10..29}.tar"),
                new OrderSpec(1, 1, 64),
                Fixtures.TRANSFORM,
                Fixtures.TOKENIZER)) {
      Fixtures.keys(data, 0, data.totalSteps(), 0, 1).forEach(keys::addAll);
      assertThat(proxy.count(Fault.CUT)).isPositive();
    } finally {
      system.terminate();
    }
    assertThat(keys).hasSize(600).doesNotHaveDuplicates();
    assertThat(skipped).isEmpty();
  }
}
