package dev.troupe.data.store;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStoreContext;

/** A real S3 server (S3Proxy) over a local folder, whose sub-folders are the buckets. */
public final class S3Server implements AutoCloseable {
  private final BlobStoreContext context;
  private final S3Proxy proxy;
  private final Path folder;

  public S3Server(Path folder) throws Exception {
    this.folder = folder;
    System.setProperty("aws.accessKeyId", "test-key");
    System.setProperty("aws.secretAccessKey", "test-secret");
    Properties properties = new Properties();
    properties.setProperty("jclouds.filesystem.basedir", folder.toString());
    this.context =
        ContextBuilder.newBuilder("filesystem-nio2")
            .credentials("identity", "credential")
            .overrides(properties)
            .build(BlobStoreContext.class);
    this.proxy =
        S3Proxy.builder()
            .blobStore(context.getBlobStore())
            .awsAuthentication(AuthenticationType.AWS_V4, "test-key", "test-secret")
            .endpoint(URI.create("http://127.0.0.1:0"))
            .build();
    proxy.start();
  }

  public int port() {
    return proxy.getPort();
  }

  /** Stores an object. */
  public void put(String bucket, String key, byte[] content) throws IOException {
    if (!context.getBlobStore().containerExists(bucket)) {
      context.getBlobStore().createContainerInLocation(null, bucket);
    }
    context
        .getBlobStore()
        .putBlob(
            bucket,
            context
                .getBlobStore()
                .blobBuilder(key)
                .payload(content)
                .contentLength(content.length)
                .build());
  }

  public void delete(String bucket, String key) {
    context.getBlobStore().removeBlob(bucket, key);
  }

  /** Settings to reach the server through a port. */
  public static StoreSpec spec(int port, Path cache) {
    return StoreSpec.defaults()
        .withCache(cache, 1_000_000_000)
        .withKeepFreeBytes(0)
        .withS3("http://127.0.0.1:" + port, null, true, false);
  }

  Path folder() {
    return folder;
  }

  @Override
  public void close() throws Exception {
    proxy.stop();
    context.close();
  }

  static long size(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return 0;
    }
    try (var files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
