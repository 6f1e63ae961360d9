package io.scanstream.deployment;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code kubectl kustomize}, on a copy in which the examples of credentials stand for the credentials. */
final class Kustomize {
    private static final String EXAMPLE = ".example";
    private static final Pattern VERSION = Pattern.compile("\"?gitVersion\"?: \"?v1\\.(\\d+)");

    /** The first kubectl whose kustomize is of version 4 or newer, which these files are written for. */
    private static final int OLDEST = 21;

    private final Path copy;

    /**
     * Copies the files.
     *
     * @param folder an empty one
     */
    Kustomize(Path folder) throws IOException {
        this.copy = folder.resolve("k8s");
        for (String part : List.of("base", "overlays", "grafana")) {
            copy(Project.K8S.resolve(part), copy.resolve(part));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = from.relativize(file).toString();
                Path target =
                        to.resolve(name.endsWith(EXAMPLE) ? name.substring(0, name.length() - EXAMPLE.length()) : name);
                Files.createDirectories(target.getParent());
                if (name.endsWith(EXAMPLE) || Files.notExists(target)) {
                    Files.writeString(target, Files.readString(file));
                }
            }
        }
    }

    /** Skips the test, visibly, where there is no kubectl that can do it. */
    static void assumeThere() throws IOException, InterruptedException {
        String said;
        try {
            said = run(List.of("kubectl", "version", "--client", "-o", "json"));
        } catch (IOException e) {
            said = "no kubectl: " + e.getMessage();
        }
        Matcher version = VERSION.matcher(said.replaceAll("\"gitVersion\": *", "\"gitVersion\": "));
        assumeTrue(
                version.find() && Integer.parseInt(version.group(1)) >= OLDEST,
                "kubectl 1." + OLDEST + " or newer is needed: " + said);
    }

    /** The objects of an overlay as they would be applied. */
    List<JsonNode> render(String overlay) throws IOException, InterruptedException {
        return Project.documents(run(List.of(
                "kubectl",
                "kustomize",
                copy.resolve("overlays").resolve(overlay).toString())));
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Path errors = Files.createTempFile("kubectl", ".err");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + ": " + Files.readString(errors));
        }
        Files.delete(errors);
        return out;
    }
}
