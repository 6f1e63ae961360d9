package io.scanstream.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every image has to be, and that what it names is there. {@link ImageIT} runs those that can be run. */
class DockerfilesTest {
    static List<Arguments> dockerfiles() throws IOException {
        Stream.Builder<Arguments> all = Stream.builder();
        for (Project.Service service : Project.Service.values()) {
            Path folder = Project.ROOT.resolve(service.module).resolve("src/main/docker");
            try (Stream<Path> files = Files.list(folder)) {
                files.sorted().forEach(file -> all.add(Arguments.of(service, Dockerfile.read(file))));
            }
        }
        return all.build().toList();
    }

    @ParameterizedTest
    @MethodSource("dockerfiles")
    void anImageHasNoRightsAndSaysWhatItIs(Project.Service service, Dockerfile dockerfile) {
        Dockerfile.Stage image = dockerfile.image();

        assertThat(image.one("USER")).isEqualTo("10001:10001");
        assertThat(image.one("EXPOSE")).isEqualTo(Integer.toString(service.port()));
        assertThat(image.one("HEALTHCHECK")).endsWith("CMD [\"ready\", \"" + service.port() + "\"]");
        assertThat(image.pairs("LABEL"))
                .containsEntry("org.opencontainers.image.licenses", "Apache-2.0")
                .containsKeys(
                        "org.opencontainers.image.title",
                        "org.opencontainers.image.description",
                        "org.opencontainers.image.version",
                        "org.opencontainers.image.revision",
                        "org.opencontainers.image.base.name");
        assertThat(image.pairs("ENV")).containsEntry("QUARKUS_LOG_CONSOLE_JSON_ENABLED", "true");
        assertThat(image.all("COPY")).anyMatch(copy -> copy.endsWith("/usr/share/scanstream/sbom.json"));
        // The user comes after everything that root does.
        List<String> keywords = image.instructions().stream()
                .map(Dockerfile.Instruction::keyword)
                .toList();
        assertThat(keywords.subList(keywords.indexOf("USER"), keywords.size())).doesNotContain("RUN", "COPY", "ADD");
    }

    @ParameterizedTest
    @MethodSource("dockerfiles")
    void basesHaveVersionsAndWhatIsCopiedIsThere(Project.Service service, Dockerfile dockerfile) {
        assertThat(dockerfile.stages()).hasSizeGreaterThan(1);
        for (Dockerfile.Stage stage : dockerfile.stages()) {
            assertThat(stage.base()).matches("[^$]+:.*\\d.*").doesNotContain("latest");
            assertThat(stage.all("ADD")).isEmpty();
            for (String arguments : stage.all("COPY")) {
                Dockerfile.Copy copy = Dockerfile.Copy.of(arguments);
                if (copy.stage().isEmpty()) {
                    assertThat(copy.sources()).allSatisfy(source -> assertThat(Project.ROOT.resolve(source))
                            .exists());
                } else if (dockerfile.stage(copy.stage()).name().equals("build")) {
                    // Products of a build in /src, below the modules of the command that makes them.
                    String command = dockerfile.stage("build").one("RUN");
                    assertThat(copy.sources()).allSatisfy(source -> {
                        assertThat(source).startsWith("/src/").contains("/target/");
                        assertThat(modules(command)).contains(source.split("/", -1)[2]);
                    });
                }
            }
        }
    }

    private static List<String> modules(String command) {
        assertThat(command).contains("./mvnw").contains("-Psbom").contains(" -am package");
        return List.of(command.replaceAll(".* -pl (\\S+) .*", "$1").split(",", -1));
    }

    @ParameterizedTest
    @MethodSource("dockerfiles")
    void anAotCacheIsTrainedInTheBaseThatItRunsIn(Project.Service service, Dockerfile dockerfile) {
        boolean ordinary = dockerfile.file().endsWith("Dockerfile");
        boolean cached = dockerfile.image().one("ENTRYPOINT").contains("-XX:AOTCache=");
        assertThat(cached).isEqualTo(ordinary && service != Project.Service.TRAINER);
        if (cached) {
            assertThat(dockerfile.stage("aot").base())
                    .isEqualTo(dockerfile.image().base());
            assertThat(dockerfile.stage("aot").one("RUN")).contains("--service " + service);
        }
    }

    @ParameterizedTest
    @MethodSource("dockerfiles")
    void theTrainerHasTheEnvironmentThatItNeeds(Project.Service service, Dockerfile dockerfile) throws IOException {
        Map<String, String> needed = new LinkedHashMap<>();
        Path file = Project.ROOT.resolve(service.module).resolve("environment");
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                if (!line.startsWith("#") && line.contains("=")) {
                    needed.put(line.split("=", 2)[0], line.split("=", 2)[1]);
                }
            }
        }
        assertThat(needed.isEmpty()).isEqualTo(service != Project.Service.TRAINER);
        assertThat(dockerfile.image().pairs("ENV")).containsAllEntriesOf(needed);
    }
}
