package dev.troupe.runtime.cli;

import dev.troupe.actors.security.Certs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code troupe certs}. */
@Command(
    name = "certs",
    customSynopsis = "./troupe certs FOLDER HOST …",
    description = {
      "Makes an authority and a certificate for each host, for --transport tls-tcp.",
      "Copy FOLDER/HOST to its host and give it by --tls-dir; keep FOLDER/ca.key to yourself."
          + " Called again it adds hosts to the same authority."
    },
    footer = {
      "%nExample:",
      "  ./troupe certs certs node-a node-b",
      "  ./troupe train run.conf --transport tls-tcp --tls-dir certs/node-a --host node-a …",
      ""
    })
final class CertsCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "FOLDER", description = "Where the authority is kept.")
  private Path folder;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "HOST",
      description = "Names or addresses that the nodes are reached by, one node each.")
  private List<String> hosts;

  @Option(
      names = "--cluster",
      paramLabel = "NAME",
      defaultValue = "troupe",
      description = "Name that all certificates share. [${DEFAULT-VALUE}]")
  private String cluster;

  @Override
  public Integer call() throws IOException {
    Certs certs = Certs.in(folder, cluster);
    for (String host : hosts) {
      System.out.println(certs.issue(host, List.of(host)).certificate().getParent());
    }
    return 0;
  }
}
