package dev.troupe.data.store;

import dev.troupe.data.store.StoreException.Kind;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.exception.SdkServiceException;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Objects in S3 or a server that speaks its protocol, {@code s3://BUCKET/KEY}. */
final class S3Store implements Store {
  private final S3Client client;
  private final boolean aws;

  S3Store(StoreSpec spec) {
    S3ClientBuilder builder =
        S3Client.builder()
            .httpClientBuilder(
                ApacheHttpClient.builder()
                    .socketTimeout(spec.patience().stallTimeout())
                    .connectionTimeout(spec.patience().stallTimeout())
                    .maxConnections(2 * spec.patience().parallelFetches() + 16))
            .forcePathStyle(spec.s3().pathStyle())
            // Checksums are compared by the fetcher; the SDK's own are headers that servers other
            // than AWS refuse.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            // The fetcher retries: it knows what arrived already.
            .overrideConfiguration(o -> o.retryStrategy(AwsRetryStrategy.doNotRetry()));
    this.aws = spec.s3().endpoint() == null;
    if (!aws) {
      builder.endpointOverride(URI.create(spec.s3().endpoint()));
    }
    if (spec.s3().region() != null) {
      builder.region(Region.of(spec.s3().region()));
    } else if (!aws) {
      // Other servers ignore the region, but a signature needs one.
      builder.region(Region.US_EAST_1);
    }
    if (spec.s3().anonymous()) {
      builder.credentialsProvider(AnonymousCredentialsProvider.create());
    }
    try {
      this.client = builder.build();
    } catch (SdkException e) {
      throw new IllegalArgumentException(
          "S3 cannot be set up: " + e.getMessage() + "; set the region and credentials", e);
    }
  }

  @Override
  public Stat stat(String url) throws IOException {
    Address at = Address.parse(url);
    try {
      HeadObjectResponse head = client.headObject(r -> r.bucket(at.bucket).key(at.key));
      return new Stat(head.contentLength(), head.eTag());
    } catch (SdkException e) {
      throw failure(url, e);
    }
  }

  @Override
  public Body open(String url, long from, long to, String version) throws IOException {
    Address at = Address.parse(url);
    boolean ranged = from > 0 || to >= 0;
    GetObjectRequest.Builder request =
        GetObjectRequest.builder().bucket(at.bucket).key(at.key).ifMatch(version);
    if (ranged) {
      request.range("bytes=" + from + "-" + (to < 0 ? "" : to - 1));
    }
    if (aws && !ranged) {
      request.checksumMode(ChecksumMode.ENABLED);
    }
    try {
      ResponseInputStream<GetObjectResponse> stream = client.getObject(request.build());
      GetObjectResponse response = stream.response();
      long start = 0;
      long size = response.contentLength();
      if (response.contentRange() != null) {
        ContentRange range = ContentRange.parse(response.contentRange(), url);
        start = range.start();
        size = range.size();
      }
      Map<String, byte[]> digests =
          ranged
              ? Map.of()
              : Digests.ofHeaders(
                  name -> response.sdkHttpResponse().firstMatchingHeader(name).orElse(null));
      return new Body(stream, start, size, response.eTag(), digests, stream::abort);
    } catch (SdkException e) {
      throw failure(url, e);
    }
  }

  @Override
  public List<String> glob(String pattern) throws IOException {
    Address at = Address.parse(pattern);
    int star = Globs.firstWildcard(at.key);
    String prefix = at.key.substring(0, star);
    var matches = Globs.pattern(at.key).asMatchPredicate();
    try {
      return client
          .listObjectsV2Paginator(
              ListObjectsV2Request.builder().bucket(at.bucket).prefix(prefix).build())
          .contents()
          .stream()
          .map(S3Object::key)
          .filter(matches)
          .sorted()
          .map(key -> "s3://" + at.bucket + "/" + key)
          .toList();
    } catch (SdkException e) {
      throw failure(pattern, e);
    }
  }

  @Override
  public void close() {
    client.close();
  }

  static StoreException failure(String url, SdkException e) {
    if (e instanceof S3Exception s3) {
      int status = s3.statusCode();
      String code = s3.awsErrorDetails() == null ? null : s3.awsErrorDetails().errorCode();
      Kind kind = StoreException.kindOf(status);
      if (status == 400 && ("RequestTimeout".equals(code) || "ExpiredToken".equals(code))) {
        kind = Kind.RETRY;
      }
      String remedy =
          kind == Kind.DENIED && (status == 403 || status == 401)
              ? "; check the credentials and the bucket's policy"
              : status == 301 || status == 400 ? "; check the region and the endpoint" : "";
      return new StoreException(
          kind, url + ": S3 answered " + status + (code == null ? "" : " " + code) + remedy, s3);
    }
    if (e instanceof SdkServiceException service) {
      return new StoreException(
          StoreException.kindOf(service.statusCode()), url + ": " + e.getMessage(), e);
    }
    String message = String.valueOf(e.getMessage());
    if (e instanceof SdkClientException && message.contains("credentials")) {
      return new StoreException(
          Kind.DENIED,
          url
              + ": no S3 credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a"
              + " profile or a role, or s3-anonymous for a public bucket",
          e);
    }
    return new StoreException(Kind.RETRY, url + ": " + message, e);
  }

  private record Address(String bucket, String key) {
    static Address parse(String url) throws StoreException {
      String rest = url.substring("s3://".length());
      int slash = rest.indexOf('/');
      if (slash <= 0 || slash == rest.length() - 1) {
        throw new StoreException(Kind.DENIED, url + " (expected: s3://BUCKET/KEY)", null);
      }
      return new Address(rest.substring(0, slash), rest.substring(slash + 1));
    }
  }
}
