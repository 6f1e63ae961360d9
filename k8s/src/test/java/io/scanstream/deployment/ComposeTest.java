package io.scanstream.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.scanstream.contracts.Topics;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The compose files against the Compose Specification's schema, and against what the services say of themselves. */
class ComposeTest {
    private static final String MAIN = "docker-compose.yml";
    private static final Schema SCHEMA = schema();

    @ParameterizedTest
    @ValueSource(strings = {MAIN, "docker/store-seaweedfs.yaml", "docker/store-minio.yaml"})
    void isAComposeFile(String file) {
        assertThat(errors(compose(file))).isEmpty();
    }

    /** A test of the test. */
    @Test
    void aMisspeltFieldIsFound() {
        JsonNode whole = compose(MAIN);
        List<ObjectNode> places = new ArrayList<>();
        places.add((ObjectNode) whole);
        whole.path("services").forEach(service -> {
            places.add((ObjectNode) service);
            for (String part : List.of("healthcheck", "build", "deploy")) {
                if (service.path(part) instanceof ObjectNode object) {
                    places.add(object);
                }
            }
        });
        assertThat(places).hasSizeGreaterThan(20);
        for (ObjectNode place : places) {
            place.put("misspelt", "x");
            assertThat(errors(whole)).as(place.toString()).anyMatch(error -> error.contains("misspelt"));
            place.remove("misspelt");
        }
    }

    @ParameterizedTest
    @EnumSource(Project.Service.class)
    void portsProbesAndTimesAreTheServices(Project.Service service) {
        JsonNode services = compose(MAIN).path("services");
        for (String name : List.of(service.title, service.title + "-gpu")) {
            JsonNode entry = services.path(name);
            if (entry.isMissingNode()) {
                assertThat(name).isEqualTo("gateway-gpu");
                continue;
            }
            // docker/ready, which is in the images.
            assertThat(entry.at("/healthcheck/test").toString())
                    .isEqualTo("[\"CMD\",\"ready\",\"" + service.port() + "\"]");
            entry.path("ports").forEach(port -> assertThat(port.asText()).endsWith(":" + service.port()));
            assertThat(Duration.parse("PT" + entry.path("stop_grace_period").asText()))
                    .isGreaterThan(end(service));
            assertThat(entry.path("read_only").asBoolean()).isTrue();
            assertThat(entry.path("user").asText()).isEqualTo("10001:10001");
            assertThat(entry.at("/depends_on/object-store/condition").asText()).isEqualTo("service_healthy");
            assertThat(entry.at("/depends_on/topics/condition").asText()).isEqualTo("service_completed_successfully");
        }
    }

    /** How long the service may take to end: its manifest's grace period allows for as much, and a test says why. */
    private static Duration end(Project.Service service) {
        return switch (service) {
            case GATEWAY -> Duration.ofSeconds(30);
            case INFERENCE -> Duration.ofSeconds(25);
            case TRAINER -> Duration.ofSeconds(55);
        };
    }

    @Test
    void topicsAreThoseOfTheCode() {
        Map<String, String> here = new LinkedHashMap<>();
        Matcher lines = Pattern.compile("(?m)^([a-z.]+) (\\d+) (\\d+)$")
                .matcher(Project.text(Project.ROOT.resolve("docker/topics.sh")));
        while (lines.find()) {
            here.put(lines.group(1), lines.group(2) + " " + lines.group(3));
        }
        Map<String, String> there = new LinkedHashMap<>();
        for (Topics.Spec topic : Topics.all()) {
            there.put(topic.name(), topic.partitions() + " " + topic.retention().toMillis());
        }
        assertThat(here).isEqualTo(there);
    }

    @Test
    void imagesHaveVersionsAndMountedFilesAreThere() {
        for (String file : List.of(MAIN, "docker/store-seaweedfs.yaml", "docker/store-minio.yaml")) {
            compose(file).path("services").properties().forEach(service -> {
                JsonNode entry = service.getValue();
                assertThat(entry.path("image").asText())
                        .as(service.getKey())
                        .matches(".+:.*\\d.*")
                        .doesNotContain("latest");
                entry.path("volumes").forEach(volume -> {
                    String from = volume.asText().split(":", 2)[0];
                    if (from.startsWith("./")) {
                        assertThat(Project.ROOT.resolve(from)).exists();
                    } else {
                        assertThat(compose(file).path("volumes").has(from))
                                .as(from)
                                .isTrue();
                    }
                });
                String dockerfile = entry.at("/build/dockerfile").asText();
                if (!dockerfile.isEmpty()) {
                    assertThat(Project.ROOT.resolve(dockerfile)).exists();
                }
            });
        }
    }

    @Test
    void keepsNoSecrets() {
        for (String file : List.of(MAIN, "docker/store-seaweedfs.yaml", "docker/store-minio.yaml")) {
            compose(file)
                    .path("services")
                    .forEach(service -> service.path("environment").properties().forEach(variable -> {
                        if (variable.getKey().matches(".*(SECRET|PASSWORD|ACCESS_KEY|ROOT_USER).*")) {
                            assertThat(variable.getValue().asText())
                                    .as(variable.getKey())
                                    .matches("\\$\\{\\w+(:\\?[^}]*|:-)}");
                        }
                    }));
        }
        assertThat(Project.text(Project.ROOT.resolve(".env.example"))).doesNotContainPattern("(KEY|PASSWORD)=\\S");
    }

    @Test
    void prometheusLooksWhereTheServicesAre() {
        String scraped =
                Project.yaml(Project.ROOT.resolve("docker/prometheus.yml")).toString();
        for (Project.Service service : Project.Service.values()) {
            assertThat(scraped).contains("\"job_name\":\"" + service + "\"").contains(Integer.toString(service.port()));
        }
        assertThat(scraped.split("\"metrics_path\":\"/q/metrics\"", -1)).hasSize(1 + Project.Service.values().length);
    }

    private static List<String> errors(JsonNode file) {
        return SCHEMA.validate(file.toString(), InputFormat.JSON).stream()
                .map(Object::toString)
                .toList();
    }

    /** With anchors and merges resolved, as compose reads it. */
    private static JsonNode compose(String file) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        Object read = new Yaml(new SafeConstructor(options)).load(Project.text(Project.ROOT.resolve(file)));
        return new ObjectMapper().valueToTree(read);
    }

    private static Schema schema() {
        try (InputStream in = ComposeTest.class.getResourceAsStream("/compose-spec/compose-spec.json")) {
            return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7)
                    .getSchema(SchemaLocation.of("classpath:/compose-spec/compose-spec.json"), in, InputFormat.JSON);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
