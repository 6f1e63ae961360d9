package io.scanstream.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Topics;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Names, ports, paths and times of the manifests against what the services' code and settings say. */
class ServiceConfigurationTest {
    private static final Path BASE = Project.K8S.resolve("base");

    /** In every file of kinds and overlays, patches included. */
    private static final Set<String> SERVICES = Set.of("gateway", "inference", "trainer");

    /** Kafka's own client settings, as Quarkus reads them from the environment. */
    private static final Pattern KAFKA = Pattern.compile("KAFKA_(SECURITY_PROTOCOL|SASL_[A-Z_]+|SSL_[A-Z_]+)");

    @ParameterizedTest
    @EnumSource(Project.Service.class)
    void portsAndPathsAreTheService(Project.Service service) throws IOException {
        JsonNode container = container(service);
        JsonNode configuration = service.configuration();

        assertThat(container.at("/ports/0/name").asText()).isEqualTo("http");
        assertThat(container.at("/ports/0/containerPort").intValue()).isEqualTo(service.port());
        assertThat(object(service, "Service").at("/spec/ports/0/port").intValue())
                .isEqualTo(service.port());
        for (String moved : List.of(
                "/quarkus/http/root-path",
                "/quarkus/http/non-application-root-path",
                "/quarkus/smallrye-health/root-path",
                "/quarkus/micrometer/export/prometheus/path",
                "/quarkus/management/enabled")) {
            assertThat(configuration.at(moved).isMissingNode()).as(moved).isTrue();
        }
        assertThat(probe(container, "startupProbe")).isEqualTo("/q/health/started");
        assertThat(probe(container, "livenessProbe")).isEqualTo("/q/health/live");
        assertThat(probe(container, "readinessProbe")).isEqualTo("/q/health/ready");
        assertThat(one(documents("monitoring.yaml"), "ServiceMonitor")
                        .at("/spec/endpoints/0/path")
                        .asText())
                .isEqualTo("/q/metrics");
    }

    private static String probe(JsonNode container, String probe) {
        JsonNode get = container.path(probe).path("httpGet");
        assertThat(get.path("port").asText()).isEqualTo("http");
        return get.path("path").asText();
    }

    @ParameterizedTest
    @EnumSource(Project.Service.class)
    void runsWithoutRightsOnAFileSystemThatItCannotWrite(Project.Service service) throws IOException {
        JsonNode pod = object(service, "Deployment").at("/spec/template/spec");
        JsonNode container = container(service);

        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/automountServiceAccountToken").asBoolean(true)).isFalse();
        assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean())
                .isTrue();
        assertThat(container.at("/securityContext/allowPrivilegeEscalation").asBoolean(true))
                .isFalse();
        assertThat(container.at("/securityContext/capabilities/drop/0").asText())
                .isEqualTo("ALL");
        assertThat(container.at("/resources/requests/memory").asText())
                .isNotEmpty()
                .isEqualTo(container.at("/resources/limits/memory").asText());
        // What it writes goes to volumes.
        Set<String> written = new TreeSet<>();
        container
                .path("volumeMounts")
                .forEach(mount -> written.add(mount.path("mountPath").asText()));
        assertThat(written).contains("/tmp");
        environment(container).forEach((name, value) -> {
            if (name.endsWith("_DIR")) {
                assertThat(written).contains(value);
            }
        });
    }

    @Test
    void theScorersGracePeriodIsLongerThanItsEnd() throws IOException {
        JsonNode pod = object(Project.Service.INFERENCE, "Deployment").at("/spec/template/spec");
        JsonNode container = container(Project.Service.INFERENCE);
        Map<String, String> environment = environment(container);
        Matcher afterDrain = Pattern.compile("AFTER_DRAIN = Duration\\.ofSeconds\\((\\d+)\\)")
                .matcher(Project.text(
                        Project.ROOT.resolve("inference-service/src/main/java/io/scanstream/inference/Wiring.java")));

        assertThat(afterDrain.find()).isTrue();
        long end = container.at("/lifecycle/preStop/sleep/seconds").longValue()
                + seconds(environment.getOrDefault("QUARKUS_SHUTDOWN_DELAY", "0s"))
                + seconds(environment.getOrDefault("SCANSTREAM_INFERENCE_DRAIN", setting("SCANSTREAM_INFERENCE_DRAIN")))
                + Long.parseLong(afterDrain.group(1));
        assertThat(pod.at("/terminationGracePeriodSeconds").longValue()).isGreaterThan(end);
        assertThat(container.at("/lifecycle/preStop/sleep/seconds").longValue()).isPositive();
    }

    @Test
    void theTrainersGracePeriodIsLongerThanItsEnd() throws IOException {
        JsonNode pod = object(Project.Service.TRAINER, "Deployment").at("/spec/template/spec");
        Map<String, String> environment = environment(container(Project.Service.TRAINER));

        // Quarkus waits for requests first, of which there is none but probes.
        long end = seconds(Project.Service.TRAINER
                        .configuration()
                        .at("/quarkus/shutdown/timeout")
                        .asText())
                + seconds(environment.getOrDefault(
                        "SCANSTREAM_TRAINER_STOP_WITHIN", setting("SCANSTREAM_TRAINER_STOP_WITHIN")));
        assertThat(pod.at("/terminationGracePeriodSeconds").longValue()).isGreaterThan(end);
    }

    @Test
    void theGatewaysGracePeriodIsLongerThanItsEnd() throws IOException {
        JsonNode pod = object(Project.Service.GATEWAY, "Deployment").at("/spec/template/spec");
        JsonNode container = container(Project.Service.GATEWAY);

        assertThat(pod.at("/terminationGracePeriodSeconds").longValue())
                .isGreaterThan(container.at("/lifecycle/preStop/sleep/seconds").longValue()
                        + seconds(environment(container).get("QUARKUS_SHUTDOWN_TIMEOUT")));
    }

    @Test
    void everyVariableIsASettingThatThereIs() throws IOException {
        Set<String> set = new TreeSet<>();
        for (Path file : Project.manifestFiles()) {
            for (JsonNode document : Project.documents(file)) {
                if (document.path("kind").asText().equals("Deployment")) {
                    document.at("/spec/template/spec/containers").forEach(container -> {
                        assertThat(container.path("name").asText()).isIn(SERVICES);
                        set.addAll(environment(container).keySet());
                    });
                }
            }
        }
        for (String kustomization : List.of("base", "overlays/local", "overlays/production")) {
            Project.yaml(Project.K8S.resolve(kustomization).resolve("kustomization.yaml"))
                    .path("configMapGenerator")
                    .forEach(map -> map.path("literals")
                            .forEach(literal -> set.add(literal.asText().split("=", 2)[0])));
        }
        Set<String> settings = settings().keySet();

        assertThat(set)
                .hasSizeGreaterThan(12)
                .allMatch(name -> settings.contains(name) || KAFKA.matcher(name).matches());
    }

    @Test
    void topicsAreThoseOfTheCode() throws IOException {
        Map<String, String> here = new LinkedHashMap<>();
        for (JsonNode topic : documents("topics.yaml")) {
            here.put(
                    topic.at("/metadata/name").asText(),
                    topic.at("/spec/partitions").asText() + " "
                            + topic.at("/spec/config/retention.ms").asText());
        }
        Map<String, String> there = new LinkedHashMap<>();
        for (Topics.Spec topic : Topics.all()) {
            there.put(topic.name(), topic.partitions() + " " + topic.retention().toMillis());
        }
        assertThat(here).isEqualTo(there);
    }

    @Test
    void rightsAreOnTopicsAndGroupsThatThereAre() throws IOException {
        List<String> topics = Topics.all().stream().map(Topics.Spec::name).toList();
        Set<String> groups =
                Set.of(Topics.TRAINERS_GROUP, Topics.SCORERS_GROUP, Topics.URGENT_SCORERS_GROUP, Topics.ARRIVALS_GROUP);
        List<JsonNode> users = documents("users.yaml");

        assertThat(users).hasSizeGreaterThan(3);
        for (JsonNode user : users) {
            for (JsonNode rule : user.at("/spec/authorization/acls")) {
                JsonNode resource = rule.path("resource");
                String name = resource.path("name").asText();
                boolean prefix = resource.path("patternType").asText().equals("prefix");
                assertThat(name).as(rule.toString()).isNotEqualTo("*");
                switch (resource.path("type").asText()) {
                    case "topic" -> assertThat(topics).contains(name);
                    case "group" ->
                        assertThat(prefix || groups.contains(name)).as(name).isTrue();
                    default -> assertThat(prefix).as(rule.toString()).isTrue();
                }
                rule.path("operations").forEach(operation -> assertThat(operation.asText())
                        .isIn("Read", "Write", "Describe", "DescribeConfigs", "AlterConfigs"));
            }
        }
    }

    @Test
    void groupsOfTheirOwnBeginAsTheRightsSay() throws IOException {
        String rights = Project.text(BASE.resolve("users.yaml"));
        for (Project.Service service : List.of(Project.Service.GATEWAY, Project.Service.TRAINER)) {
            JsonNode incoming = service.configuration().at("/mp/messaging/incoming");
            assertThat(incoming.size()).isPositive();
            for (JsonNode channel : incoming) {
                String group = channel.at("/group/id").asText();
                assertThat(group).endsWith("${quarkus.uuid}");
                assertThat(StreamSupport.stream(Project.documents(rights).spliterator(), false)
                                .filter(user ->
                                        user.at("/metadata/name").asText().equals("scanstream-" + service))
                                .flatMap(user -> StreamSupport.stream(
                                        user.at("/spec/authorization/acls").spliterator(), false))
                                .filter(rule ->
                                        rule.at("/resource/type").asText().equals("group"))
                                .filter(rule -> rule.at("/resource/patternType")
                                        .asText()
                                        .equals("prefix"))
                                .map(rule -> rule.at("/resource/name").asText()))
                        .anyMatch(group::startsWith);
            }
        }
    }

    @Test
    void scalingFollowsTheGroupsOfTheCodeAndAllowsForMarkers() throws IOException {
        JsonNode scaled = one(documents("inference.yaml"), "ScaledObject");
        Map<String, String> groups = new LinkedHashMap<>();
        for (JsonNode trigger : scaled.at("/spec/triggers")) {
            if (trigger.path("type").asText().equals("kafka")) {
                JsonNode metadata = trigger.path("metadata");
                groups.put(
                        metadata.path("topic").asText(),
                        metadata.path("consumerGroup").asText());
                int partitions = Topics.all().stream()
                        .filter(topic ->
                                topic.name().equals(metadata.path("topic").asText()))
                        .findFirst()
                        .orElseThrow()
                        .partitions();
                assertThat(metadata.path("activationLagThreshold").asInt()).isGreaterThan(partitions);
                assertThat(metadata.path("lagThreshold").asInt()).isGreaterThan(partitions);
            }
        }
        assertThat(groups)
                .isEqualTo(
                        Map.of(Topics.SCANS, Topics.SCORERS_GROUP, Topics.SCANS_URGENT, Topics.URGENT_SCORERS_GROUP));
    }

    @Test
    void secretsAreNamedAndNotKept() throws IOException {
        for (Path file : Project.manifestFiles()) {
            for (JsonNode document : Project.documents(file)) {
                if (document.path("kind").asText().equals("Secret")) {
                    assertThat(document.at("/metadata/name").asText())
                            .as(file.toString())
                            .isEqualTo("scanstream-keda-name");
                }
            }
        }
    }

    private static List<JsonNode> documents(String file) throws IOException {
        return Project.documents(BASE.resolve(file));
    }

    private static JsonNode object(Project.Service service, String kind) throws IOException {
        return one(documents(service + ".yaml"), kind);
    }

    private static JsonNode container(Project.Service service) throws IOException {
        return object(service, "Deployment").at("/spec/template/spec/containers/0");
    }

    private static JsonNode one(List<JsonNode> documents, String kind) {
        List<JsonNode> found = new ArrayList<>(documents);
        found.removeIf(document -> !document.path("kind").asText().equals(kind));
        assertThat(found).as(kind).hasSize(1);
        return found.get(0);
    }

    private static Map<String, String> environment(JsonNode container) {
        Map<String, String> environment = new LinkedHashMap<>();
        container
                .path("env")
                .forEach(variable -> environment.put(
                        variable.path("name").asText(), variable.path("value").asText()));
        return environment;
    }

    /** Of {@code docs/settings.md}, which a test of its own holds to the services: defaults by variable. */
    private static Map<String, String> settings() {
        Matcher rows = Pattern.compile("(?m)^\\| `[^`]+` \\| `([A-Z_0-9]+)` \\| *(?:`([^`]*)`)?")
                .matcher(Project.text(Project.ROOT.resolve("docs/settings.md")));
        Map<String, String> settings = new LinkedHashMap<>();
        while (rows.find()) {
            settings.put(rows.group(1), rows.group(2) == null ? "" : rows.group(2));
        }
        return settings;
    }

    private static String setting(String variable) {
        String value = settings().get(variable);
        assertThat(value).as(variable).isNotEmpty();
        return value;
    }

    private static long seconds(String duration) {
        return Duration.parse("PT" + duration).toSeconds();
    }
}
