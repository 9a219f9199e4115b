package dev.troupe.actors;

import java.nio.file.Path;
import java.util.List;

/**
 * The PEM files by which a process shows that it belongs to the cluster.
 *
 * @param ca the authority's certificate
 * @param certificate this node's certificate, signed by it
 * @param key this node's private key (PKCS#8)
 */
public record TlsFiles(Path ca, Path certificate, Path key) {

  /** The files' usual places in a folder. */
  public static TlsFiles in(Path folder) {
    return new TlsFiles(
        folder.resolve("ca.pem"), folder.resolve("node.pem"), folder.resolve("node.key"));
  }

  List<Path> all() {
    return List.of(ca, certificate, key);
  }
}
