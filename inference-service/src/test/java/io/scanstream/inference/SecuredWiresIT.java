package io.scanstream.inference;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged service with its gate on and every wire secured by configuration alone: Kafka over TLS with SASL, answers over
 * TLS. (The store over https: {@code SecuredStoreTest}.)
 */
class SecuredWiresIT {
    private static final String PASSWORD = "password";
    private static final String KEY = "0123456789abcdef0123456789abcdef";

    @TempDir
    static Path folder;

    private static Cluster cluster;
    private static int securePort;

    @BeforeAll
    static void start() throws Exception {
        keytool("-genkeypair", "-alias", "s", "-keyalg", "RSA", "-dname", "CN=s", "-ext", "SAN=ip:127.0.0.1");
        keytool(
                "-exportcert",
                "-rfc",
                "-alias",
                "s",
                "-file",
                folder.resolve("ca.pem").toString());
        // Set-up and clients of the test use the plain listener, the service the other one.
        List<Integer> ports = freePorts(3);
        securePort = ports.get(2);
        Path broker = Files.createDirectories(folder.resolve("broker"));
        Files.writeString(
                broker.resolve("ports.properties"), "broker=" + ports.get(0) + "\ncontroller=" + ports.get(1) + "\n");
        cluster = Cluster.start(
                folder,
                Map.of(
                        "listeners",
                        "PLAINTEXT://127.0.0.1:" + ports.get(0) + ",CONTROLLER://127.0.0.1:" + ports.get(1)
                                + ",SECURED://127.0.0.1:" + securePort,
                        "listener.security.protocol.map",
                        "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL",
                        "inter.broker.listener.name",
                        "PLAINTEXT",
                        "sasl.enabled.mechanisms",
                        "PLAIN",
                        "listener.name.secured.plain.sasl.jaas.config",
                        "org.apache.kafka.common.security.plain.PlainLoginModule required user_scanstream=\"secret\";",
                        "listener.name.secured.ssl.keystore.location",
                        folder.resolve("server.p12").toString(),
                        "listener.name.secured.ssl.keystore.type",
                        "PKCS12",
                        "listener.name.secured.ssl.keystore.password",
                        PASSWORD));
        cluster.models().publishChampion(TinyModel.aModel().write(folder.resolve("tiny")));
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static void keytool(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of(
                "-keystore", folder.resolve("server.p12").toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<Integer> ports = new ArrayList<>();
        List<ServerSocket> held = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ServerSocket socket = new ServerSocket(0);
            held.add(socket);
            ports.add(socket.getLocalPort());
        }
        for (ServerSocket socket : held) {
            socket.close();
        }
        return ports;
    }

    /** How to get into Kafka, as the environment of a service or of a tool has it. */
    private static Map<String, String> kafka(String password) {
        return Map.of(
                "KAFKA_BOOTSTRAP_SERVERS",
                "127.0.0.1:" + securePort,
                "KAFKA_SECURITY_PROTOCOL",
                "SASL_SSL",
                "KAFKA_SASL_MECHANISM",
                "PLAIN",
                "KAFKA_SASL_JAAS_CONFIG",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"scanstream\" password=\""
                        + password + "\";",
                "KAFKA_SSL_TRUSTSTORE_TYPE",
                "PEM",
                "KAFKA_SSL_TRUSTSTORE_LOCATION",
                folder.resolve("ca.pem").toString());
    }

    private static ServiceProcess service(String name, Map<String, String> more) throws IOException {
        Map<String, String> environment = new HashMap<>(cluster.environment());
        environment.putAll(more);
        return ServiceProcess.start(environment, folder.resolve(name));
    }

    @Test
    void everyClientOfKafkaGetsInByWhatTheEnvironmentSays() throws Exception {
        try (ServiceProcess service = service("sasl", kafka("secret")).awaitReady();
                ScanClient client = cluster.client();
                ScanClient.Reader scores = client.read(Topics.SCORES);
                ScanClient.Reader letters = client.read("scans.dlq")) {
            ScanId good = client.send("tiny", TinyModel.png(200, 0, 0, 16, 16));
            ScanId bad = client.send("tiny", "no image".getBytes(UTF_8));
            client.flush();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> scores.poll().size() >= 2 && !letters.poll().isEmpty());
            assertThat(scores.scores()).extracting(ScoreEvent::scanId).contains(good, bad);
            // The admin client asks for offsets, the arrivals are a group of their own.
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> service.get("/q/metrics")
                    .body()
                    .lines()
                    .anyMatch(line -> line.startsWith("scanstream_scans_lag") && !line.endsWith("NaN")));
            assertThat(service.log()).doesNotContain("secret");
        }
    }

    @Test
    void aWrongPasswordScoresNothingAndIsNotLogged() throws Exception {
        try (ServiceProcess service = service("wrong", kafka("wrong-password"))) {
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> service.log()
                    .contains("Authentication failed"));
            assertThat(service.log()).doesNotContain("wrong-password");
        }
    }

    @Test
    void answersOverTlsToWhoShowsAKey() throws Exception {
        int port = freePorts(1).get(0);
        Path keys = Files.writeString(
                folder.resolve("keys"), "ward " + Hashes.sha256(KEY.getBytes(UTF_8)) + " scorer,reader\n");
        Map<String, String> settings = new HashMap<>(kafka("secret"));
        settings.putAll(Map.of(
                "SCANSTREAM_SECURITY_MODE",
                "on",
                "SCANSTREAM_SECURITY_KEYS_FILE",
                keys.toString(),
                "QUARKUS_TLS_HTTPS_KEY_STORE_P12_PATH",
                folder.resolve("server.p12").toString(),
                "QUARKUS_TLS_HTTPS_KEY_STORE_P12_PASSWORD",
                PASSWORD,
                "QUARKUS_HTTP_TLS_CONFIGURATION_NAME",
                "https",
                "QUARKUS_HTTP_INSECURE_REQUESTS",
                "disabled",
                "QUARKUS_HTTP_SSL_PORT",
                Integer.toString(port)));
        HttpClient https = HttpClient.newBuilder().sslContext(trusting()).build();
        URI at = URI.create("https://127.0.0.1:" + port);
        try (ServiceProcess service = service("tls", settings)) {
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
                assertThat(service.isAlive()).as(service.log()).isTrue();
                try {
                    return status(https, at.resolve("/q/health/ready"), "none") == 200;
                } catch (IOException e) {
                    return false;
                }
            });
            assertThat(status(https, at.resolve("/v1/models"), "none")).isEqualTo(401);
            assertThat(status(https, at.resolve("/v1/models"), KEY)).isEqualTo(200);
            assertThat(service.ready()).as("without TLS").isFalse();
        }
    }

    private static int status(HttpClient client, URI at, String key) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(at).header("X-API-Key", key).build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private static SSLContext trusting() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry(
                "s",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(folder.resolve("ca.pem")))));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @Test
    void withoutAKeyOrAnIssuerItDoesNotStartAndSaysWhatToSet() throws Exception {
        for (String mode : new String[] {"on", "of"}) {
            try (ServiceProcess service = service("refuses-" + mode, Map.of("SCANSTREAM_SECURITY_MODE", mode))) {
                Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !service.isAlive());
                assertThat(service.log())
                        .contains(mode.equals("on") ? "SCANSTREAM_SECURITY_KEYS_FILE" : "scanstream.security.mode");
                assertThat(service.stop()).isNotZero();
            }
        }
    }

    @Test
    void offIsSaidLoudly() throws Exception {
        try (ServiceProcess service = service("off", Map.of()).awaitReady()) {
            assertThat(service.log()).contains("SECURITY IS OFF");
        }
    }
}
