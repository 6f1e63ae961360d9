package io.scanstream.bench.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.bench.pairs.Side;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures training against PyTorch, a JSON line a case. */
@Command(
        name = "training",
        mixinStandardHelpOptions = true,
        description =
                "Training's speed against PyTorch's on this machine's CPU: images a second of both and the median ratio of"
                        + " alternating pairs. The peer, bench/peers/training.py, takes the faster of plain and"
                        + " channels-last weights and of 0 to 2 workers.")
public final class TrainingCommand implements Callable<Integer> {
    private static final String MEMORY = "memory";
    private static final int MEMORY_STEPS = 2_000;
    private static final int MEMORY_WARM_UP = 200;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            required = true,
            description = "The folder with mnist (IDX files) and lc25000-lung (class folders).")
    private Path data = Path.of(".");

    @Option(names = "--case", paramLabel = "NAME", description = "Measures these cases alone; may be repeated.")
    private List<String> only = new ArrayList<>();

    @Option(names = "--pairs", paramLabel = "N", defaultValue = "7", description = "Default: 7.")
    private int pairs = 7;

    @Option(
            names = "--python",
            paramLabel = "FILE",
            defaultValue = "/usr/bin/python3",
            description = "With torch and torchvision. Default: ${DEFAULT-VALUE}.")
    private Path python = Path.of("/usr/bin/python3");

    private final Path project = Path.of(System.getProperty("scanstream.project", "."));

    @Override
    public Integer call() throws IOException {
        requireKnown();
        Path work = project.resolve("target/bench");
        Files.createDirectories(work);
        for (Case measured : Case.all()) {
            if (only.isEmpty() || only.contains(measured.name())) {
                System.err.println(measured.name());
                System.out.println(Json.text(compare(measured, work)));
            }
        }
        if (only.isEmpty() || only.contains(MEMORY)) {
            System.err.println(MEMORY);
            System.out.println(Json.text(memory(Case.LIGHTEST, work)));
        }
        return 0;
    }

    private void requireKnown() {
        List<String> known = Stream.concat(Case.all().stream().map(Case::name), Stream.of(MEMORY))
                .toList();
        for (String name : only) {
            if (!known.contains(name)) {
                throw new ScanstreamException(
                        ErrorCode.INVALID_REQUEST, "--case: expected one of " + known + ", not '" + name + "'.");
            }
        }
    }

    private Map<String, Object> compare(Case measured, Path work) throws IOException {
        Comparison comparison = new Comparison();
        try (Side ours = ours(measured, work);
                Side peer = peer(measured, work)) {
            for (int pair = 0; pair < pairs; pair++) {
                comparison.add(
                        ours.ask(Integer.toString(measured.steps())), peer.ask(Integer.toString(measured.steps())));
            }
            return comparison.line(measured, peer.name());
        }
    }

    /** What the process holds after a while and after many more steps. */
    private Map<String, Object> memory(Case measured, Path work) throws IOException {
        try (Side ours = ours(measured, work)) {
            JsonNode begin = ours.ask(Integer.toString(MEMORY_WARM_UP));
            JsonNode end = ours.ask(Integer.toString(MEMORY_STEPS));
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("bench", "training");
            line.put("case", MEMORY);
            line.put("of", measured.name());
            line.put("steps", MEMORY_STEPS);
            line.put("beginMiB", begin.path("residentMiB").asLong());
            line.put("endMiB", end.path("residentMiB").asLong());
            return line;
        }
    }

    private Side ours(Case measured, Path work) throws IOException {
        Path recipe = Files.writeString(work.resolve(measured.name() + ".yaml"), measured.recipe());
        return Side.inService(
                project.resolve("trainer-service"),
                Learning.class,
                // Room for the pixels of a pass, and no more, so that a process that grows grows elsewhere.
                "-Xmx512m",
                environment(),
                work.resolve(measured.name() + ".ours.log"),
                recipe.toString(),
                data.resolve(measured.folder()).toString(),
                measured.input());
    }

    /** As the trainer runs. */
    private Map<String, String> environment() throws IOException {
        Map<String, String> environment = new LinkedHashMap<>();
        for (String line : Files.readAllLines(project.resolve("trainer-service/environment"))) {
            String[] parts = line.split("=", 2);
            if (parts.length == 2 && !line.startsWith("#")) {
                environment.put(parts[0], parts[1]);
            }
        }
        return environment;
    }

    private Side peer(Case measured, Path work) throws IOException {
        List<String> command = List.of(
                python.toString(),
                project.resolve("bench/peers/training.py").toString(),
                measured.network(),
                Integer.toString(measured.side()),
                Integer.toString(measured.batch()),
                measured.precision().name,
                measured.input(),
                data.resolve(measured.folder()).toString());
        return new Side(command, Map.of(), work.resolve(measured.name() + ".peer.log"));
    }
}
