package io.scanstream.deployment;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The project's files as they are checked in. */
final class Project {
    static final Path ROOT = Path.of(System.getProperty("scanstream.root"));
    static final Path K8S = ROOT.resolve("k8s");

    /** A key twice is a mistake; the later one would win without a word. */
    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** The three services: their names here, and the folders of their modules. */
    enum Service {
        GATEWAY("gateway", "gateway"),
        INFERENCE("inference", "inference-service"),
        TRAINER("trainer", "trainer-service");

        final String title;
        final String module;

        Service(String title, String module) {
            this.title = title;
            this.module = module;
        }

        JsonNode configuration() {
            return yaml(ROOT.resolve(module).resolve("src/main/resources/application.yaml"));
        }

        int port() {
            return configuration().at("/quarkus/http/port").intValue();
        }

        @Override
        public String toString() {
            return title;
        }
    }

    /** The documents of a YAML text, the empty ones left out. */
    static List<JsonNode> documents(String text) throws IOException {
        List<JsonNode> documents = new ArrayList<>();
        try (MappingIterator<JsonNode> each = YAML.readerFor(JsonNode.class).readValues(text)) {
            while (each.hasNext()) {
                JsonNode document = each.next();
                if (!document.isEmpty()) {
                    documents.add(document);
                }
            }
        }
        return documents;
    }

    static List<JsonNode> documents(Path file) throws IOException {
        try {
            return documents(Files.readString(file));
        } catch (IOException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    static JsonNode yaml(Path file) {
        try {
            return YAML.readTree(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": " + e.getMessage(), e);
        }
    }

    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Manifests and parts of them for a strategic merge; kustomization files are kustomize's to check. */
    static List<Path> manifestFiles() throws IOException {
        try (Stream<Path> base = Files.walk(K8S.resolve("base"));
                Stream<Path> overlays = Files.walk(K8S.resolve("overlays"))) {
            return Stream.concat(base, overlays)
                    .filter(file -> file.toString().endsWith(".yaml"))
                    .filter(file -> !file.endsWith("kustomization.yaml"))
                    .sorted()
                    .toList();
        }
    }

    private Project() {}
}
