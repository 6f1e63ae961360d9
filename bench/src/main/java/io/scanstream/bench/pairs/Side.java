package io.scanstream.bench.pairs;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One of the two that are compared: a process that has warmed up and measures itself when it is asked to, a line for a line.
 * Between two questions it waits and takes no processor.
 */
public final class Side implements AutoCloseable {
    private final Process process;
    private final Path log;
    private final BufferedReader answers;
    private final OutputStream questions;
    private final String name;

    /**
     * Starts one and waits until it is warm.
     *
     * @param log where its stderr goes
     * @throws ScanstreamException {@code INTERNAL} with the log when it ends
     */
    public Side(List<String> command, Map<String, String> environment, Path log) throws IOException {
        this.log = log;
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment().putAll(environment);
        this.process = builder.start();
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        this.questions = process.getOutputStream();
        this.name = answer().path("name").asText();
    }

    /**
     * Starts a class of ours beside the classes of a packaged service.
     *
     * @param heap such as {@code -Xmx512m}
     */
    public static Side inService(
            Path service, Class<?> main, String heap, Map<String, String> environment, Path log, String... arguments)
            throws IOException {
        Path app = service.resolve("target/quarkus-app");
        String classes = String.join(
                File.pathSeparator,
                System.getProperty("java.class.path"),
                app.resolve("app/*").toString(),
                app.resolve("lib/main/*").toString(),
                app.resolve("lib/boot/*").toString());
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                heap,
                "-cp",
                classes,
                main.getName()));
        command.addAll(List.of(arguments));
        return new Side(command, environment, log);
    }

    /** As it calls itself, with what it has chosen. */
    public String name() {
        return name;
    }

    /**
     * Asks and waits for the answer.
     *
     * @param question one line
     */
    public JsonNode ask(String question) throws IOException {
        questions.write((question + "\n").getBytes(StandardCharsets.UTF_8));
        questions.flush();
        return answer();
    }

    private JsonNode answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL, "a side of the comparison has ended; its log:\n" + Files.readString(log));
        }
        return Json.read(line.getBytes(StandardCharsets.UTF_8), JsonNode.class);
    }

    @Override
    public void close() throws IOException {
        questions.close();
        process.destroy();
        process.onExit().join();
    }
}
