package dev.troupe.data.stream;

import dev.troupe.data.store.StoreSpec;
import java.nio.file.Path;
import org.apache.pekko.actor.ActorSystem;

/** Opens LAION-2B's plan over a web server and takes a batch in the middle of an epoch. */
final class FirstBatchMain {
  private FirstBatchMain() {}

  /** Arguments: port of the server, folder of the index, folder of the cache. */
  public static void main(String[] args) throws Exception {
    ActorSystem system = ActorSystem.create("first-batch");
    long start = System.nanoTime();
    StoreSpec store =
        StoreSpec.defaults().withCache(Path.of(args[2]), 2_000_000_000L).withKeepFreeBytes(0);
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults(), store);
        TrainingData data =
            factory.training(
                DataSpec.of("http://127.0.0.1:" + args[0] + "/{000000..230999}.tar")
                    .withIndex(Path.of(args[1])),
                new OrderSpec(0, 32, 32_768),
                Fixtures.TRANSFORM,
                Fixtures.TOKENIZER)) {
      double opened = (System.nanoTime() - start) / 1e9;
      try (SliceStream stream = data.open(data.totalSteps() / 3, 77, 256);
          Slice slice = stream.next()) {
        System.out.printf(
            "%d samples an epoch, %d steps: opened after %.2f s, first batch of %d after %.2f s,"
                + " heap %d MiB of %d%n",
            data.samplesPerEpoch(),
            data.totalSteps(),
            opened,
            slice.size(),
            (System.nanoTime() - start) / 1e9,
            (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) >> 20,
            Runtime.getRuntime().maxMemory() >> 20);
      }
    }
    system.terminate();
  }
}
