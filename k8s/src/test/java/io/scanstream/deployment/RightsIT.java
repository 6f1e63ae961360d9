package io.scanstream.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.local.broker.EmbeddedBroker;
import io.scanstream.local.broker.TopicSetup;
import io.scanstream.local.demo.Demo;
import io.scanstream.local.demo.DemoResult;
import io.scanstream.local.objectstore.EmbeddedObjectStore;
import io.scanstream.local.samples.SampleGenerator;
import io.scanstream.local.samples.SampleSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged services on a broker that gives each of them the rights of {@code users.yaml} and no others: a data set is
 * uploaded, a model trained on it, its test scans and one that is none are scored, and nobody is refused anything.
 */
class RightsIT {
    private static final String SECRET = "secret";
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    Path folder;

    private final Map<Project.Service, Process> processes = new EnumMap<>(Project.Service.class);
    private final Map<Project.Service, URI> addresses = new EnumMap<>(Project.Service.class);
    private EmbeddedBroker broker;
    private EmbeddedObjectStore store;
    private String secured;

    @BeforeEach
    void start() throws Exception {
        List<JsonNode> users = Project.documents(Project.K8S.resolve("base/users.yaml"));
        int administrators = freePort();
        int clients = freePort();
        int controller = freePort();
        String passwords = users.stream()
                .map(user -> "user_" + user.at("/metadata/name").asText() + "=\"" + SECRET + "\"")
                .collect(Collectors.joining(" "));
        Map<String, String> settings = new HashMap<>();
        settings.put(
                "listeners",
                "PLAINTEXT://127.0.0.1:" + administrators + ",CLIENTS://127.0.0.1:" + clients
                        + ",CONTROLLER://127.0.0.1:" + controller);
        settings.put(
                "listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put("controller.quorum.voters", "1@127.0.0.1:" + controller);
        settings.put("sasl.enabled.mechanisms", "PLAIN");
        settings.put(
                "listener.name.clients.plain.sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required " + passwords + ";");
        settings.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        // Who comes without a name: this test and the broker itself.
        settings.put("super.users", "User:ANONYMOUS");
        broker = EmbeddedBroker.start(folder.resolve("broker"), settings);
        secured = "127.0.0.1:" + clients;
        String open = "127.0.0.1:" + administrators;
        TopicSetup.create(open);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", open))) {
            admin.createAcls(rights(users)).all().get();
        }
        store = EmbeddedObjectStore.start(folder.resolve("store"));
        for (Project.Service service : Project.Service.values()) {
            start(service);
        }
        for (Project.Service service : Project.Service.values()) {
            awaitReady(service);
        }
    }

    /** As Strimzi makes them of the same resources. */
    private static List<AclBinding> rights(List<JsonNode> users) {
        List<AclBinding> rights = new ArrayList<>();
        for (JsonNode user : users) {
            String principal = "User:" + user.at("/metadata/name").asText();
            for (JsonNode rule : user.at("/spec/authorization/acls")) {
                JsonNode resource = rule.path("resource");
                ResourcePattern pattern = new ResourcePattern(
                        switch (resource.path("type").asText()) {
                            case "topic" -> ResourceType.TOPIC;
                            case "group" -> ResourceType.GROUP;
                            case "transactionalId" -> ResourceType.TRANSACTIONAL_ID;
                            default -> throw new IllegalArgumentException(rule.toString());
                        },
                        resource.path("name").asText(),
                        resource.path("patternType").asText().equals("prefix")
                                ? PatternType.PREFIXED
                                : PatternType.LITERAL);
                rule.path("operations")
                        .forEach(operation -> rights.add(new AclBinding(
                                pattern,
                                new AccessControlEntry(
                                        principal,
                                        "*",
                                        AclOperation.fromString(
                                                operation.asText().replaceAll("(?<=.)([A-Z])", "_$1")),
                                        AclPermissionType.ALLOW))));
            }
        }
        return rights;
    }

    private void start(Project.Service service) throws IOException {
        int port = freePort();
        addresses.put(service, URI.create("http://127.0.0.1:" + port));
        Path jar = Project.ROOT.resolve(service.module).resolve("target/quarkus-app/quarkus-run.jar");
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-Xmx1g",
                        "-jar",
                        jar.toString())
                .redirectErrorStream(true)
                .redirectOutput(log(service).toFile());
        Map<String, String> environment = builder.environment();
        environment.put("KAFKA_BOOTSTRAP_SERVERS", secured);
        environment.put("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT");
        environment.put("KAFKA_SASL_MECHANISM", "PLAIN");
        environment.put(
                "KAFKA_SASL_JAAS_CONFIG",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"scanstream-" + service
                        + "\" password=\"" + SECRET + "\";");
        environment.put("SCANSTREAM_STORE_ENDPOINT", store.endpoint().toString());
        environment.put("SCANSTREAM_STORE_ACCESS_KEY", store.credentials().accessKey());
        environment.put("SCANSTREAM_STORE_SECRET_KEY", store.credentials().secretKey());
        environment.put(
                "SCANSTREAM_CACHE_DIR", folder.resolve(service + "-cache").toString());
        environment.put("SCANSTREAM_DEVICE", "cpu");
        environment.put("SCANSTREAM_SECURITY_MODE", "off");
        environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        environment.put("QUARKUS_HTTP_PORT", Integer.toString(port));
        processes.put(service, builder.start());
    }

    private Path log(Project.Service service) {
        return folder.resolve(service + ".log");
    }

    private void awaitReady(Project.Service service) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (status(addresses.get(service).resolve("/q/health/ready")) != 200) {
            assertThat(processes.get(service).isAlive() && System.nanoTime() < deadline)
                    .as(Files.readString(log(service)))
                    .isTrue();
            Thread.sleep(500);
        }
    }

    private static int status(URI uri) throws InterruptedException {
        try {
            return HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException e) {
            return 0; // not listening yet
        }
    }

    @AfterEach
    void stop() {
        processes.values().forEach(process -> process.destroyForcibly().onExit().join());
        if (store != null) {
            store.close();
        }
        if (broker != null) {
            broker.close();
        }
    }

    @Test
    void theRightsAreEnough() throws Exception {
        Path scans = folder.resolve("scans");
        SampleGenerator.write(new SampleSet(48, 24, 32, 1), scans);
        PrintStream out = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        URI gateway = addresses.get(Project.Service.GATEWAY);

        DemoResult result = new Demo(gateway, folder.resolve("demo"), out, false)
                .run(new Demo.Request(scans, "tissue", "demo-cnn", 1, 7L));
        // Becomes a dead letter.
        HttpResponse<String> none = HTTP.send(
                HttpRequest.newBuilder(gateway.resolve("/api/v1/scans?model=demo-cnn"))
                        .header("Content-Type", "image/png")
                        .header("Prefer", "wait=20")
                        .POST(HttpRequest.BodyPublishers.ofString("no image"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(result.scansScored()).isEqualTo(24);
        assertThat(none.body()).contains("REJECTED");
        for (Project.Service service : Project.Service.values()) {
            assertThat(Files.readString(log(service)))
                    .as(service + "'s log")
                    .doesNotContain("AuthorizationException")
                    .doesNotContainIgnoringCase("not authorized");
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
