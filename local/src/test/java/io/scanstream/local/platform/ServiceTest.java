package io.scanstream.local.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceTest {
    @TempDir
    Path project;

    @Test
    void readsWhatTheModuleNeedsInTheEnvironmentAndLeavesWhatTheUserHasSet() throws IOException {
        Path module = Files.createDirectories(project.resolve("trainer-service"));
        Files.writeString(module.resolve("environment"), """
                # said = here
                THREADS_OF_A_TEST=1
                TUNABLES_OF_A_TEST=a=1:b=2
                PATH=lost
                """);

        assertThat(Service.TRAINER.environment(project))
                .isEqualTo(Map.of("THREADS_OF_A_TEST", "1", "TUNABLES_OF_A_TEST", "a=1:b=2"));
        assertThat(Service.GATEWAY.environment(project)).isEmpty();
    }
}
