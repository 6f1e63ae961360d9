package io.scanstream.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The independent implementations that figures are held against. A test is skipped, visibly, where they are missing. */
public final class DebianPython {
    private static final Path PYTHON = Path.of("/usr/bin/python3");

    /** Skips the calling test unless the modules can be imported. */
    public static void require(String... modules) throws IOException, InterruptedException {
        for (String module : modules) {
            boolean there = Files.isExecutable(PYTHON)
                    && new ProcessBuilder(PYTHON.toString(), "-c", "import " + module)
                                    .redirectErrorStream(true)
                                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                    .start()
                                    .waitFor()
                            == 0;
            assumeThat(there).as(PYTHON + " with " + module).isTrue();
        }
    }

    /** Runs a script of the test resources to its end and returns what it has printed. */
    public static String run(String script, String... arguments) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("python-");
        Path file = folder.resolve("script.py");
        Path errors = folder.resolve("errors.txt");
        Path output = folder.resolve("output.txt");
        try (var in = DebianPython.class.getResourceAsStream("/" + script)) {
            assertThat(in).as(script).isNotNull();
            Files.write(file, in.readAllBytes());
        }
        List<String> command = new ArrayList<>(List.of(PYTHON.toString(), file.toString()));
        command.addAll(List.of(arguments));
        int code = new ProcessBuilder(command)
                .redirectError(errors.toFile())
                .redirectOutput(output.toFile())
                .start()
                .waitFor();
        assertThat(code).as(Files.readString(errors)).isZero();
        return Files.readString(output);
    }

    private DebianPython() {}
}
