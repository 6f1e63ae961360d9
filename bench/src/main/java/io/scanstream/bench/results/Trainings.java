package io.scanstream.bench.results;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanstream.contracts.Json;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Starts trainings as a user does: {@code scanstream train}, a process each. */
final class Trainings {
    private final Path script;
    private final Path data;
    private final Path work;

    /** A training that did not end well; its message has the end of the log. */
    static final class FailedException extends Exception {
        private static final long serialVersionUID = 1;

        FailedException(String message) {
            super(message);
        }
    }

    /**
     * Prepares trainings.
     *
     * @param script the command {@code scanstream}
     * @param data the folder that rows name folders of
     * @param work for packages, which are deleted again, and logs
     */
    Trainings(Path script, Path data, Path work) {
        this.script = script;
        this.data = data;
        this.work = work;
    }

    boolean hasData(Plan.Run run) {
        return Files.isDirectory(data.resolve(run.data()));
    }

    /** Trains; returns the last line of its stdout, without the place of the package. */
    JsonNode train(Plan.Run run) throws IOException, InterruptedException, FailedException {
        String name = run.recipe() + "-" + run.seed();
        Path out = work.resolve(name);
        Path log = work.resolve(name + ".log");
        deleteTree(out);
        Files.createDirectories(work);
        List<String> command = new ArrayList<>(List.of(
                script.toString(),
                "train",
                "--recipe",
                run.recipe(),
                "--data",
                data.resolve(run.data()).toString(),
                "--out",
                out.toString(),
                "--set",
                "training.seed=" + run.seed()));
        run.set().forEach((path, value) -> command.addAll(List.of("--set", path + "=" + value)));
        Process process = new ProcessBuilder(command)
                .redirectError(log.toFile())
                .redirectInput(new File("/dev/null"))
                .start();
        try {
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            int code = process.waitFor();
            if (code != 0) {
                throw new FailedException(name + ": exit code " + code + "\n" + end(log));
            }
            String last = printed.substring(printed.lastIndexOf('\n') + 1);
            ObjectNode ended = Json.read(last.getBytes(StandardCharsets.UTF_8), ObjectNode.class);
            // A place on this machine, and deleted below.
            ended.remove("package");
            return ended;
        } finally {
            process.destroy();
            deleteTree(out);
        }
    }

    private static String end(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 10), lines.size()));
    }

    private static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }
}
