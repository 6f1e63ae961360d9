package io.scanstream.local.platform;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ParentWatch;
import io.scanstream.contracts.ScanstreamException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One process of the platform. What it prints goes to {@code <name>.log} with its name before each line; the log of the
 * start before is kept as {@code <name>.log.1}. It ends with this process, see {@link ParentWatch}. Thread-safe.
 */
final class Part {
    private static final int TAIL = 20;

    private final String name;
    private final Path log;
    private final Process process;
    private final Thread pump;
    private final Deque<String> tail = new ArrayDeque<>();

    private Part(String name, Path log, Process process) {
        this.name = name;
        this.log = log;
        this.process = process;
        this.pump = new Thread(this::pump, "log-" + name);
    }

    /**
     * Starts a process.
     *
     * @throws ScanstreamException {@code INTERNAL} if it cannot be started at all
     */
    static Part start(String name, List<String> command, Map<String, String> environment, Path logs) {
        Path log = logs.resolve(name + ".log");
        try {
            Files.createDirectories(logs);
            if (Files.exists(log)) {
                Files.move(log, logs.resolve(name + ".log.1"), StandardCopyOption.REPLACE_EXISTING);
            }
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().putAll(environment);
            builder.environment().put(ParentWatch.VARIABLE, ParentWatch.STDIN);
            Part part = new Part(name, log, builder.start());
            part.pump.setDaemon(true);
            part.pump.start();
            return part;
        } catch (IOException e) {
            throw new ScanstreamException(ErrorCode.INTERNAL, name + " cannot be started: " + e.getMessage(), e);
        }
    }

    private void pump() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
                BufferedWriter out = Files.newBufferedWriter(log)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String prefixed = name + " | " + line;
                remember(prefixed);
                out.write(prefixed);
                out.newLine();
                out.flush();
            }
        } catch (IOException e) {
            remember(name + " | (its log ends here: " + e.getMessage() + ")");
        }
    }

    private synchronized void remember(String line) {
        if (tail.size() == TAIL) {
            tail.removeFirst();
        }
        tail.addLast(line);
    }

    String name() {
        return name;
    }

    Path log() {
        return log;
    }

    Process process() {
        return process;
    }

    /** The last lines of its log. After its end: of its whole log. */
    String tail() {
        if (!process.isAlive()) {
            try {
                pump.join(Duration.ofSeconds(2).toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        synchronized (this) {
            return String.join("\n", tail);
        }
    }

    /**
     * What is to be said of a process that has ended.
     *
     * @return its name, how it ended and the end of its log
     */
    String obituary() {
        return name + " ended with exit code " + process.exitValue() + ". The end of " + log + ":\n" + tail();
    }

    /** SIGTERM. Through the handle: {@link Process#destroy} would also close the pipes, and its last words with them. */
    void requestStop() {
        process.toHandle().destroy();
    }

    /** Whether it ends within a time. */
    boolean ends(Duration patience) {
        try {
            return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Waits for its end, and ends it by force after that. */
    void awaitStop(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
            pump.join(Duration.ofSeconds(2).toMillis());
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
