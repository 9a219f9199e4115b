package dev.troupe.actors.security;

import dev.troupe.actors.TlsFiles;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority for one cluster, and certificates for its nodes. Whoever holds a
 * certificate of the authority may join and command; whoever holds none may not. The authority's
 * key is needed only to issue more: keep it off the nodes.
 *
 * <p>Keys are RSA, since Pekko's PEM reader wants them so. All certificates share one name (the
 * cluster's), by which nodes recognise each other as of the same cluster.
 */
public final class Certs {
  private static final Duration VALID = Duration.ofDays(3650);
  private static final Duration CLOCKS_DIFFER = Duration.ofHours(1);

  private final Path folder;
  private final String cluster;
  private final X500Name issuer;
  private final PrivateKey key;

  private Certs(Path folder, String cluster, X500Name issuer, PrivateKey key) {
    this.folder = folder;
    this.cluster = cluster;
    this.issuer = issuer;
    this.key = key;
  }

  /**
   * The authority in a folder ({@code ca.pem} and {@code ca.key}), made if there is none yet.
   *
   * @param cluster the name that all certificates share
   * @throws IOException if the folder cannot be read or written
   */
  public static Certs in(Path folder, String cluster) throws IOException {
    Files.createDirectories(folder);
    Path certificate = folder.resolve("ca.pem");
    Path keyFile = folder.resolve("ca.key");
    try {
      if (!Files.exists(keyFile)) {
        KeyPair pair = newKey();
        X500Name name = new X500Name("CN=" + cluster + " authority");
        X509v3CertificateBuilder builder = builder(name, name, pair.getPublic());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        builder.addExtension(
            Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        writeKey(keyFile, pair.getPrivate());
        Files.writeString(certificate, pem(sign(builder, pair.getPrivate())));
      }
      return new Certs(folder, cluster, subject(certificate), readKey(keyFile));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IOException("cannot make a certificate authority in " + folder, e);
    }
  }

  /**
   * A certificate for a node, in the sub-folder {@code node}: {@code ca.pem}, {@code node.pem} and
   * {@code node.key}, to be copied to that node.
   *
   * @param hosts host names and addresses of the node
   * @throws IOException if the folder cannot be written
   */
  public TlsFiles issue(String node, List<String> hosts) throws IOException {
    Path into = Files.createDirectories(folder.resolve(node));
    TlsFiles files = TlsFiles.in(into);
    try {
      KeyPair pair = newKey();
      X509v3CertificateBuilder builder =
          builder(issuer, new X500Name("CN=" + node), pair.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(
          Extension.keyUsage,
          true,
          new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyEncipherment));
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      builder.addExtension(Extension.subjectAlternativeName, false, names(hosts));
      writeKey(files.key(), pair.getPrivate());
      Files.writeString(files.certificate(), pem(sign(builder, key)));
      Files.writeString(files.ca(), Files.readString(folder.resolve("ca.pem")));
      return files;
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IOException("cannot make a certificate for " + node, e);
    }
  }

  private GeneralNames names(List<String> hosts) {
    GeneralName[] names = new GeneralName[hosts.size() + 1];
    names[0] = new GeneralName(GeneralName.dNSName, cluster);
    for (int i = 0; i < hosts.size(); i++) {
      String host = hosts.get(i);
      boolean address = host.contains(":") || host.matches("[0-9.]+");
      names[i + 1] = new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, host);
    }
    return new GeneralNames(names);
  }

  private static X509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, PublicKey subjectKey) {
    Instant now = Instant.now();
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(127, new SecureRandom()),
        Date.from(now.minus(CLOCKS_DIFFER)),
        Date.from(now.plus(VALID)),
        subject,
        subjectKey);
  }

  private static X509CertificateHolder sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws OperatorCreationException {
    return builder.build(new JcaContentSignerBuilder("SHA256withRSA").build(key));
  }

  private static KeyPair newKey() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    return generator.generateKeyPair();
  }

  private static void writeKey(Path file, PrivateKey key) throws IOException {
    Files.writeString(file, pem(new JcaPKCS8Generator(key, null)));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private static PrivateKey readKey(Path file) throws IOException {
    try (PEMParser parser = new PEMParser(new StringReader(Files.readString(file)))) {
      return new JcaPEMKeyConverter().getPrivateKey((PrivateKeyInfo) parser.readObject());
    }
  }

  private static X500Name subject(Path certificate) throws IOException {
    try (PEMParser parser = new PEMParser(new StringReader(Files.readString(certificate)))) {
      return ((X509CertificateHolder) parser.readObject()).getSubject();
    }
  }

  private static String pem(Object object) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
    }
    return text.toString();
  }
}
