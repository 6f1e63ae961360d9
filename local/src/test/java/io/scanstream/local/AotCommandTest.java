package io.scanstream.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AotCommandTest {
    private final PrintStream stderr = System.err;
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    @TempDir
    Path folder;

    @BeforeEach
    void listen() {
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setErr(stderr);
    }

    @Test
    void refusesAServiceThatIsNotTrained() {
        assertThat(run("--service", "trainer")).isEqualTo(1);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("--service", "[gateway, inference]", "trainer");
    }

    @Test
    void refusesOneFolderForTwoServices() {
        assertThat(run("--app", folder.toString())).isEqualTo(1);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("--app", "--service");
    }

    @Test
    void saysWhichJavaItNeeds() {
        assumeThat(Runtime.version().feature()).isLessThan(25);

        assertThat(run("--service", "gateway", "--app", folder.toString())).isEqualTo(1);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("Java 25", "JAVA_HOME", "" + Runtime.version());
    }

    @Test
    void saysThatAServiceIsNotBuilt() {
        assumeThat(Runtime.version().feature()).isGreaterThanOrEqualTo(25);

        assertThat(run("--service", "gateway", "--app", folder.toString())).isEqualTo(1);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("quarkus-run.jar is missing");
    }

    private static int run(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "aot";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return Main.commandLine().execute(all);
    }
}
