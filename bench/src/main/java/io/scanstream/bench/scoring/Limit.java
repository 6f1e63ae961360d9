package io.scanstream.bench.scoring;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.management.OperatingSystemMXBean;
import io.scanstream.bench.pairs.Side;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.imaging.Preprocessor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The limit: decoding and running in one process with nothing around it, {@code Limit MODEL.onnx SCANS}. Each of its workers
 * decodes as many scans as a batch takes, runs them, and begins again; with more workers than runs need, one decodes while
 * another runs. Questions are lines of JSON, see {@link Question}.
 */
final class Limit {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private static final Set<String> OUTPUT = Set.of(OnnxMetadata.OUTPUT_PROBABILITIES);

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());
    private final Map<Integer, OrtSession> sessions = new HashMap<>();
    private final String onnx;
    private final List<byte[]> scans;
    private final Preprocessing input;
    private final Preprocessor preprocessor;

    /**
     * What to measure.
     *
     * @param threads of one run
     * @param workers side by side
     * @param batch scans in one run
     * @param seconds how long
     * @param scansPerSecond begun at even intervals, each alone, by one worker; 0: as fast as it goes
     */
    record Question(int threads, int workers, int batch, double seconds, double scansPerSecond) {
        static Question fastest(int threads, int workers, int batch, double seconds) {
            return new Question(threads, workers, batch, seconds, 0);
        }

        /** Asks, and returns scans a second. */
        double rateOf(Side side) throws IOException {
            return ask(side).path("scansPerSecond").asDouble();
        }

        /** Asks, and returns an {@link Answer}; a peer's has the rate alone. */
        JsonNode ask(Side side) throws IOException {
            return side.ask(Json.text(this));
        }
    }

    /**
     * What was measured.
     *
     * @param scansPerSecond over the whole time
     * @param cpuMicrosAScan processor time of this process for each scan; only where the question has no pace
     * @param p50Ms and further: of decoding and running one scan; only where the question has a pace
     */
    record Answer(double scansPerSecond, double cpuMicrosAScan, double p50Ms, double p99Ms) {}

    private Limit(Path onnx, Path scans) throws OrtException, IOException {
        this.onnx = onnx.toString();
        this.scans = Materials.read(scans);
        this.input = OnnxMetadata.fromProperties(session(1).getMetadata().getCustomMetadata())
                .preprocessing();
        this.preprocessor = new Preprocessor(input);
    }

    /** Answers until its stdin ends. */
    public static void main(String[] arguments) throws Exception {
        // What libraries print must not get between the answers.
        PrintStream answers = System.out;
        System.setOut(System.err);
        Limit limit = new Limit(Path.of(arguments[0]), Path.of(arguments[1]));
        limit.measure(Question.fastest(1, Runtime.getRuntime().availableProcessors(), 1, 2));
        answers.println(Json.text(Map.of("name", "decode + ONNX Runtime " + limit.environment.getVersion())));
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            Question question = Json.read(line.getBytes(StandardCharsets.UTF_8), Question.class);
            answers.println(Json.text(question.scansPerSecond() > 0 ? limit.paced(question) : limit.measure(question)));
        }
    }

    private OrtSession session(int threads) throws OrtException {
        OrtSession known = sessions.get(threads);
        if (known == null) {
            try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                options.setIntraOpNumThreads(threads);
                options.addConfigEntry("session.intra_op.allow_spinning", "0");
                known = environment.createSession(onnx, options);
            }
            sessions.put(threads, known);
        }
        return known;
    }

    private Answer measure(Question question) throws OrtException, InterruptedException {
        OrtSession session = session(question.threads());
        AtomicLong scored = new AtomicLong();
        long begun = System.nanoTime();
        long until = begun + (long) (question.seconds() * 1e9);
        List<Thread> workers = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        long cpuBefore = SYSTEM.getProcessCpuTime();
        for (int i = 0; i < question.workers(); i++) {
            int first = i * question.batch();
            Thread worker = new Thread(() -> {
                try {
                    ByteBuffer batch = ByteBuffer.allocateDirect(question.batch() * input.sizeBytes());
                    for (int next = first; System.nanoTime() < until; next += question.batch()) {
                        score(session, batch, next, question.batch());
                        scored.addAndGet(question.batch());
                    }
                } catch (OrtException | RuntimeException e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                }
            });
            workers.add(worker);
            worker.start();
        }
        for (Thread worker : workers) {
            worker.join();
        }
        if (!failures.isEmpty()) {
            throw new IllegalStateException(failures.get(0));
        }
        return new Answer(
                scored.get() * 1e9 / (System.nanoTime() - begun),
                (SYSTEM.getProcessCpuTime() - cpuBefore) / 1e3 / scored.get(),
                0,
                0);
    }

    /** One scan after the other at even intervals; how long each takes from its start. */
    private Answer paced(Question question) throws OrtException, InterruptedException {
        OrtSession session = session(question.threads());
        ByteBuffer one = ByteBuffer.allocateDirect(input.sizeBytes());
        int count = (int) (question.seconds() * question.scansPerSecond());
        double[] milliseconds = new double[count];
        Pace pace = new Pace(question.scansPerSecond());
        long begun = System.nanoTime();
        for (int i = 0; i < count; i++) {
            pace.awaitTurn(i);
            long start = System.nanoTime();
            score(session, one, i, 1);
            milliseconds[i] = (System.nanoTime() - start) / 1e6;
        }
        Arrays.sort(milliseconds);
        return new Answer(
                count * 1e9 / (System.nanoTime() - begun),
                0,
                Percentiles.of(milliseconds, 0.5),
                Percentiles.of(milliseconds, 0.99));
    }

    private void score(OrtSession session, ByteBuffer batch, int first, int size) throws OrtException {
        batch.clear();
        for (int i = 0; i < size; i++) {
            preprocessor.apply(decoder.decode(scans.get((first + i) % scans.size())), batch);
        }
        batch.flip();
        long[] shape = {size, input.heightPx(), input.widthPx(), input.channels()};
        try (OnnxTensor scan = OnnxTensor.createTensor(environment, batch, shape, OnnxJavaType.UINT8);
                OrtSession.Result result = session.run(Map.of(OnnxMetadata.INPUT_SCAN, scan), OUTPUT)) {
            if (!Float.isFinite(((OnnxTensor) result.get(0)).getFloatBuffer().get(0))) {
                throw new IllegalStateException("the model gave no number");
            }
        }
    }
}
