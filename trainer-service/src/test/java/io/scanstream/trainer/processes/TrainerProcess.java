package io.scanstream.trainer.processes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged trainer as a process; closing kills it. */
final class TrainerProcess implements AutoCloseable {
    static final int KILLED = 137;

    private final String name;
    private final Path folder;
    private final Process process;

    private TrainerProcess(String name, Path folder, Process process) {
        this.name = name;
        this.folder = folder;
        this.process = process;
    }

    /** @param folder where its log and the file that has it die are */
    static TrainerProcess start(String name, Path folder, Map<String, String> environment, List<String> options)
            throws IOException {
        Path jar = Path.of(System.getProperty("scanstream.jar", "target/quarkus-app/quarkus-run.jar"));
        assertThat(jar)
                .as("the packaged trainer; run this through the build's verify")
                .exists();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // Most of a process's life here is its start.
        command.addAll(List.of("-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        command.add("-Dscanstream.trainer.name=" + name);
        command.addAll(options);
        command.addAll(List.of("-jar", jar.toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.to(log(name, folder).toFile()));
        builder.environment().putAll(environment);
        builder.environment().put("SCANSTREAM_FAULT_FILE", fault(name, folder).toString());
        return new TrainerProcess(name, folder, builder.start());
    }

    private static Path log(String name, Path folder) {
        return folder.resolve(name + ".log");
    }

    private static Path fault(String name, Path folder) {
        return folder.resolve(name + ".fault");
    }

    String name() {
        return name;
    }

    /** Has it die when it next reaches a point, see {@code FaultPoint}. */
    TrainerProcess dyingAt(String point) throws IOException {
        Path whole = Files.writeString(folder.resolve(name + ".fault-next"), point);
        Files.move(whole, fault(name, folder), StandardCopyOption.ATOMIC_MOVE);
        return this;
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
            return Files.readString(log(name, folder));
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
