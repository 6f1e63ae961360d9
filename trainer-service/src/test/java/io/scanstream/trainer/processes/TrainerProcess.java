package io.scanstream.trainer.processes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged trainer as a process; closing kills it. */
final class TrainerProcess implements AutoCloseable {
    static final int KILLED = 137;

    private final Process process;
    private final Path log;

    private TrainerProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    static TrainerProcess start(Path log, Map<String, String> environment, List<String> options) throws IOException {
        Path jar = Path.of(System.getProperty("scanstream.jar", "target/quarkus-app/quarkus-run.jar"));
        assertThat(jar)
                .as("the packaged trainer; run this through the build's verify")
                .exists();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // Most of a process's life here is its start.
        command.addAll(List.of("-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        command.addAll(options);
        command.addAll(List.of("-jar", jar.toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        builder.environment().put("OMP_WAIT_POLICY", "passive");
        return new TrainerProcess(builder.start(), log);
    }

    boolean alive() {
        return process.isAlive();
    }

    /** Waits until it has ended by itself; returns the exit code. */
    int awaitExit() throws InterruptedException {
        assertThat(process.waitFor(60, TimeUnit.SECONDS))
                .as(() -> "the trainer ends; its log:\n" + log())
                .isTrue();
        return process.exitValue();
    }

    /** SIGTERM. */
    int terminate() throws InterruptedException {
        process.destroy();
        return awaitExit();
    }

    /** Sends a signal by its number, 19 to freeze and 18 to thaw. */
    void signal(int number) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + number, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** SIGKILL. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
