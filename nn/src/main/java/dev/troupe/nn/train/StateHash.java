package dev.troupe.nn.train;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** SHA-256 over named tensors: equal exactly where names, order and every bit are. */
final class StateHash {
  private StateHash() {}

  static String of(Map<String, Tensor> tensors) {
    MessageDigest digest = sha256();
    tensors.forEach(
        (name, tensor) -> {
          digest.update(name.getBytes(StandardCharsets.UTF_8));
          Bytes.of(tensor, digest::update);
        });
    return HexFormat.of().formatHex(digest.digest());
  }

  /** A number that models of the same names, shapes and types share. */
  static long ofStructure(Map<String, Tensor> tensors) {
    MessageDigest digest = sha256();
    tensors.forEach(
        (name, tensor) -> {
          StringBuilder line = new StringBuilder(name);
          for (long size : tensor.sizes().vec().get()) {
            line.append(' ').append(size);
          }
          line.append(tensor.scalar_type().intern()).append('\n');
          digest.update(line.toString().getBytes(StandardCharsets.UTF_8));
        });
    return java.nio.ByteBuffer.wrap(digest.digest()).getLong();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
