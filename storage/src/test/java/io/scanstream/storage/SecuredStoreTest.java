package io.scanstream.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store over https, with a certificate of its own making. */
class SecuredStoreTest {
    private static final String PASSWORD = "password";

    @TempDir
    Path folder;

    private S3Proxy server;

    @BeforeEach
    void start() throws Exception {
        keytool(
                "server.p12",
                "-genkeypair",
                "-alias",
                "s",
                "-keyalg",
                "RSA",
                "-dname",
                "CN=s",
                "-ext",
                "SAN=ip:127.0.0.1");
        keytool(
                "server.p12",
                "-exportcert",
                "-rfc",
                "-alias",
                "s",
                "-file",
                folder.resolve("ca.pem").toString());
        server = S3Proxy.builder()
                .blobStore(new FilesystemNio2BlobStore(
                        Files.createDirectories(folder.resolve("data")).toString()))
                .secureEndpoint(URI.create("https://127.0.0.1:0"))
                .keyStore(folder.resolve("server.p12").toString(), PASSWORD)
                .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "test", "test-secret")
                .build();
        server.start();
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    private void keytool(String store, String... arguments) throws IOException, InterruptedException {
        List<String> command = new java.util.ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        command.addAll(
                List.of("-keystore", folder.resolve(store).toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    private StoreConfig config(@Nullable Path caFile) {
        return new StoreConfig(
                URI.create("https://127.0.0.1:" + server.getSecurePort()),
                "test",
                "test-secret",
                "scanstream",
                "us-east-1",
                caFile);
    }

    @Test
    void isTrustedByItsOwnCertificate() {
        try (ObjectStore store = ObjectStore.open(config(folder.resolve("ca.pem")))) {
            assertThat(store.createIfAbsent("a", new byte[] {7})).isTrue();
            assertThat(store.get("a")).contains(new byte[] {7});
        }
    }

    @Test
    void isNotTrustedWithoutIt() {
        assertThatThrownBy(() -> ObjectStore.open(config(null)))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE))
                .hasMessageContaining("PKIX");
    }

    @Test
    void isNotTrustedByAnothersCertificate() throws Exception {
        keytool(
                "other.p12",
                "-genkeypair",
                "-alias",
                "o",
                "-keyalg",
                "RSA",
                "-dname",
                "CN=o",
                "-ext",
                "SAN=ip:127.0.0.1");
        keytool(
                "other.p12",
                "-exportcert",
                "-rfc",
                "-alias",
                "o",
                "-file",
                folder.resolve("other.pem").toString());

        assertThatThrownBy(() -> ObjectStore.open(config(folder.resolve("other.pem"))))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE));
    }

    @Test
    void aFileWithoutCertificatesIsAMistakeInTheSettings() throws IOException {
        Path empty = Files.writeString(folder.resolve("empty.pem"), "");
        assertThatThrownBy(() -> ObjectStore.open(config(empty)))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
                .hasMessageContaining("ca-file");
    }

    @Test
    void isNotFollowedElsewhere() throws IOException {
        AtomicInteger visits = new AtomicInteger();
        HttpServer elsewhere = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        elsewhere.createContext("/", http -> {
            visits.incrementAndGet();
            http.sendResponseHeaders(200, -1);
            http.close();
        });
        HttpServer store = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        store.createContext("/", http -> {
            http.getResponseHeaders()
                    .add(
                            "Location",
                            "http://127.0.0.1:" + elsewhere.getAddress().getPort() + "/internal");
            http.sendResponseHeaders(302, -1);
            http.close();
        });
        elsewhere.start();
        store.start();
        try {
            StoreConfig config = new StoreConfig(
                    URI.create("http://127.0.0.1:" + store.getAddress().getPort()),
                    "a",
                    "b",
                    "scanstream",
                    "us-east-1");
            assertThatThrownBy(() -> ObjectStore.open(config)).isInstanceOf(ScanstreamException.class);
            assertThat(visits).hasValue(0);
        } finally {
            store.stop(0);
            elsewhere.stop(0);
        }
    }
}
