package io.scanstream.inference.cli;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Score;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.ScorerSettings;
import io.scanstream.inference.scoring.Urgency;
import io.scanstream.storage.ModelPackage;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code score --model DIR FILE…}: one JSON line per file on stdout, in order; everything else goes to stderr. */
@Command(
        name = "score",
        mixinStandardHelpOptions = true,
        description = "Scores images with a model package. Prints one JSON line per file, in order.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:every file was scored", "1:a file or the model was not accepted", "2:wrong usage"})
public final class ScoreCommand implements Callable<Integer> {
    /** Scans under way at once, and the bytes that they hold in memory. */
    private static final int MOST_IN_HAND = 64;

    private static final long MOST_BYTES_IN_HAND = 128L << 20;

    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Folder of the model package.")
    private Path model = Path.of("");

    @Option(names = "--device", defaultValue = "auto", description = "auto, cpu or cuda. Default: ${DEFAULT-VALUE}.")
    private String device = "auto";

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE",
            description = "Images; a folder means all files below it, sorted, without hidden ones.")
    private List<Path> files = List.of();

    ScoreCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** Runs and ends the process. */
    public static void main(String[] args) {
        // The log manager on the class path insists; Quarkus, which would say it, does not run here.
        System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        int code = run(out, System.err, args);
        out.flush();
        System.exit(code);
    }

    /** Runs in this process and returns the exit code. */
    static int run(PrintStream out, PrintStream err, String... args) {
        return new CommandLine(new ScoreCommand(out, err))
                .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    err.println("score: " + message(failure));
                    return line.getCommandSpec().exitCodeOnExecutionException();
                })
                .execute(args);
    }

    @Override
    public Integer call() throws IOException {
        OnnxSettings settings;
        try {
            settings = OnnxSettings.defaults(OnnxSettings.Device.of(device));
        } catch (ScanstreamException e) {
            return usage("--device: '" + device + "' is none of auto, cpu, cuda.");
        }
        if (!Files.isDirectory(model)) {
            return usage("--model: " + model + " is not a folder.");
        }
        List<Path> all = expand();
        if (all.isEmpty()) {
            return usage("there is no file in " + files + ".");
        }
        ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());
        LoadedModel loaded = new ModelLoader(new OnnxRuntime(settings), decoder).load(ModelPackage.read(model));
        try (Scorer scorer = new Scorer(ScorerSettings.defaults(), decoder, new SimpleMeterRegistry())) {
            return scoreAll(all, loaded, scorer) ? 0 : 1;
        } finally {
            loaded.release();
        }
    }

    private int usage(String mistake) {
        err.println("score: " + mistake);
        return CommandLine.ExitCode.USAGE;
    }

    /** Folders become the files below them, sorted by path. */
    private List<Path> expand() throws IOException {
        List<Path> all = new ArrayList<>();
        for (Path file : files) {
            if (Files.isDirectory(file)) {
                try (Stream<Path> below = Files.walk(file)) {
                    below.filter(found -> Files.isRegularFile(found) && !isHidden(file.relativize(found)))
                            .sorted()
                            .forEach(all::add);
                }
            } else {
                all.add(file);
            }
        }
        return all;
    }

    private static boolean isHidden(Path below) {
        for (Path part : below) {
            if (part.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }

    private record Asked(Path file, long sizeBytes, CompletableFuture<Score> score) {}

    /** Whether every file was scored. Lines come in order; the files behind them are under way meanwhile. */
    private boolean scoreAll(List<Path> all, LoadedModel loaded, Scorer scorer) {
        Deque<Asked> inHand = new ArrayDeque<>();
        long bytesInHand = 0;
        boolean every = true;
        for (Path file : all) {
            long size = Math.min(file.toFile().length(), DecodeLimits.defaults().maxBytes());
            while (inHand.size() == MOST_IN_HAND || (!inHand.isEmpty() && bytesInHand + size > MOST_BYTES_IN_HAND)) {
                bytesInHand -= inHand.element().sizeBytes();
                every &= print(inHand.remove());
            }
            inHand.add(new Asked(file, size, ask(file, loaded, scorer)));
            bytesInHand += size;
        }
        while (!inHand.isEmpty()) {
            every &= print(inHand.remove());
        }
        out.flush();
        return every;
    }

    private static CompletableFuture<Score> ask(Path file, LoadedModel loaded, Scorer scorer) {
        int most = Math.toIntExact(DecodeLimits.defaults().maxBytes());
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(most);
            if (bytes.length == most && in.read() >= 0) {
                return failed(ErrorCode.TOO_LARGE, "the file is above the limit of " + most + " bytes.");
            }
        } catch (NoSuchFileException e) {
            return failed(ErrorCode.INVALID_REQUEST, "there is no such file.");
        } catch (IOException e) {
            return failed(ErrorCode.INVALID_REQUEST, "the file cannot be read: " + e.getMessage());
        }
        return scorer.score(loaded.acquire(), bytes, Urgency.ROUTINE);
    }

    private static CompletableFuture<Score> failed(ErrorCode code, String message) {
        return CompletableFuture.failedFuture(new ScanstreamException(code, message));
    }

    private boolean print(Asked asked) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("file", asked.file().toString());
        boolean scored = false;
        try {
            Score score = asked.score().join();
            line.put("model", score.model());
            line.put("version", score.version());
            line.put("probabilities", score.probabilities());
            line.put("decision", score.decision());
            if (score.refer() != null) {
                line.put("refer", score.refer());
            }
            if (score.novelty() != null) {
                line.put("novelty", score.novelty());
            }
            if (score.regions() != null) {
                line.put("regions", score.regions());
            }
            scored = true;
        } catch (CompletionException e) {
            Throwable cause = ServingSet.cause(e);
            ErrorCode code = cause instanceof ScanstreamException known ? known.code() : ErrorCode.INTERNAL;
            Map<String, Object> error = new LinkedHashMap<>();
            error.put("code", code);
            error.put("message", message(cause));
            line.put("error", error);
        }
        out.println(Json.text(line));
        return scored;
    }

    private static String message(Throwable failure) {
        return failure instanceof ScanstreamException ? String.valueOf(failure.getMessage()) : failure.toString();
    }
}
