package io.scanstream.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every manifest, read strictly into the classes of its kind. */
class ManifestsTest {
    /** Where any name may stand: maps from names to texts. */
    private static final Set<String> FREE = Set.of(
            "annotations",
            "config",
            "data",
            "stringData",
            "labels",
            "limits",
            "requests",
            "matchLabels",
            "nodeSelector",
            // Of KEDA's triggers; an object's own has a name.
            "metadata");

    private static final StrictModels MODELS = new StrictModels();

    static List<Path> files() throws IOException {
        return Project.manifestFiles();
    }

    @ParameterizedTest
    @MethodSource("files")
    void aFileHasOnlyKindsAndFieldsThatThereAre(Path file) throws IOException {
        List<JsonNode> documents = Project.documents(file);

        assertThat(documents).isNotEmpty();
        for (JsonNode document : documents) {
            MODELS.read(withoutDirectives(document.deepCopy()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "production", "gpu"})
    void anOverlayRendersToKindsAndFieldsThatThereAre(String overlay, @TempDir Path folder) throws Exception {
        Kustomize.assumeThere();
        List<JsonNode> rendered = new Kustomize(folder).render(overlay);

        assertThat(rendered).hasSizeGreaterThan(30);
        for (JsonNode document : rendered) {
            MODELS.read(document);
            if (!document.path("kind").asText().equals("Namespace")) {
                assertThat(document.at("/metadata/namespace").asText())
                        .as(document.at("/metadata/name").asText())
                        .isEqualTo("scanstream");
            }
        }
    }

    /** A test of the test: a field that there is not, put anywhere, is found. */
    @ParameterizedTest
    @MethodSource("files")
    void aMisspeltFieldIsFoundWhereverItIs(Path file) throws IOException {
        List<String> overlooked = new ArrayList<>();
        for (JsonNode document : Project.documents(file)) {
            JsonNode whole = withoutDirectives(document.deepCopy());
            for (ObjectNode place : placesIn(whole)) {
                String before = place.toString();
                place.put("misspelt", "x");
                if (!refuses(whole)) {
                    overlooked.add(before);
                }
                place.remove("misspelt");
            }
        }
        assertThat(overlooked).isEmpty();
    }

    private static boolean refuses(JsonNode manifest) {
        try {
            MODELS.read(manifest);
            return false;
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("misspelt");
            return true;
        }
    }

    @Test
    void kindsVersionsAndValuesThatThereAreNotAreFound() throws IOException {
        assertRefused("{apiVersion: apps/v1, kind: Deploiment, metadata: {name: x}}", "no such kind");
        assertRefused("{apiVersion: kafka.strimzi.io/v1beta2, kind: KafkaTopic, metadata: {name: x}}", "no such kind");
        assertRefused("{apiVersion: apps/v1, kind: Deployment, spec: {replicas: many}}", "many");
        assertRefused(
                "{apiVersion: kafka.strimzi.io/v1, kind: KafkaUser, spec: {authorization: {type: simple, acls:"
                        + " [{resource: {type: topic, name: x}, operations: [Reed]}]}}}",
                "Reed");
        assertThatThrownBy(() -> Project.documents("a: 1\na: 2\n")).hasMessageContaining("Duplicate");
    }

    private static void assertRefused(String manifest, String why) throws IOException {
        JsonNode document = Project.documents(manifest).get(0);
        assertThatThrownBy(() -> MODELS.read(document)).hasMessageContaining(why);
    }

    /** What tells kustomize how to merge is no part of the object. */
    private static JsonNode withoutDirectives(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.remove("$patch");
        }
        node.forEach(ManifestsTest::withoutDirectives);
        return node;
    }

    /** Alone among selectors it is the labels themselves. */
    private static boolean isServiceSelector(String name, JsonNode node) {
        return name.equals("selector") && !node.has("matchLabels") && !node.has("matchExpressions");
    }

    private static List<ObjectNode> placesIn(JsonNode document) {
        List<ObjectNode> places = new ArrayList<>();
        collect("", document, places);
        return places;
    }

    private static void collect(String name, JsonNode node, List<ObjectNode> places) {
        boolean free = (FREE.contains(name) && !node.has("name")) || isServiceSelector(name, node);
        if (node instanceof ObjectNode object && !free) {
            places.add(object);
        }
        if (node.isArray()) {
            node.forEach(element -> collect("", element, places));
        } else if (!free) {
            node.properties().forEach(field -> collect(field.getKey(), field.getValue(), places));
        }
    }
}
