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

/** Starts trainings as a user does, {@code scanstream train}, a process each, and scores with what they give. */
final class Trainings {
    private static final List<String> SPLITS = List.of("train", "test");

    /** Of a package: the images that it is verified by. */
    private static final String GOLDEN = "golden";

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

    /**
     * Trains, and has inference verify the package and score the images in it.
     *
     * @return the last line of training's stdout, without the place of the package
     */
    JsonNode train(Plan.Run run) throws IOException, InterruptedException, FailedException {
        String name = run.recipe() + "-" + run.seed();
        Path out = work.resolve(name);
        Path log = work.resolve(name + ".log");
        deleteTree(out);
        Files.deleteIfExists(log);
        Files.createDirectories(work);
        List<String> training = new ArrayList<>(List.of(
                "train",
                "--recipe",
                run.recipe(),
                "--data",
                folder(run).toString(),
                "--out",
                out.toString(),
                "--set",
                "training.seed=" + run.seed()));
        run.set().forEach((path, value) -> training.addAll(List.of("--set", path + "=" + value)));
        try {
            List<String> printed = scanstream(log, training);
            ObjectNode ended = read(printed.get(printed.size() - 1));
            // A place on this machine, and deleted below.
            ended.remove("package");
            List<String> scoring = new ArrayList<>(List.of("score", "--model", out.toString()));
            scoring.addAll(images(out.resolve(GOLDEN)));
            ended.put("served", scanstream(log, scoring).size());
            return ended;
        } finally {
            deleteTree(out);
            deleteTree(linked(run));
        }
    }

    /** Runs the command; returns the lines of its stdout. */
    private List<String> scanstream(Path log, List<String> arguments)
            throws IOException, InterruptedException, FailedException {
        List<String> command = new ArrayList<>(List.of(script.toString()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectInput(new File("/dev/null"))
                .start();
        try {
            List<String> printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .strip()
                    .lines()
                    .toList();
            int code = process.waitFor();
            if (code != 0) {
                throw new FailedException(String.join(" ", command) + ": exit code " + code + "\n" + end(log));
            }
            return printed;
        } finally {
            process.destroy();
        }
    }

    private static List<String> images(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(Path::toString)
                    .filter(file -> !file.endsWith(".json"))
                    .sorted()
                    .toList();
        }
    }

    private static ObjectNode read(String line) {
        return Json.read(line.getBytes(StandardCharsets.UTF_8), ObjectNode.class);
    }

    /** The data's folder, or one of links to the files of the classes that the run uses. */
    private Path folder(Plan.Run run) throws IOException {
        Path all = data.resolve(run.data());
        if (run.classes().isEmpty()) {
            return all;
        }
        Path some = linked(run);
        deleteTree(some);
        for (String split : SPLITS) {
            for (String name : run.classes()) {
                Path from = all.resolve(split).resolve(name);
                Path to = Files.createDirectories(some.resolve(split).resolve(name));
                try (Stream<Path> files = Files.list(from)) {
                    for (Path file : files.toList()) {
                        Files.createSymbolicLink(to.resolve(file.getFileName()), file);
                    }
                }
            }
        }
        return some;
    }

    private Path linked(Plan.Run run) {
        return work.resolve(run.data() + "-of-" + String.join("-", run.classes()));
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
