package io.scanstream.inference.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.entry;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.AnswerHistogram;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.scoring.Novelty;
import io.scanstream.contracts.scoring.Regions;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.Image;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.imaging.PngWriter;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.TinyModel.OnBlack;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.ServingSet;
import java.nio.file.Path;
import java.time.Duration;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScorerTest {
    private static final OnnxRuntime RUNTIME = new OnnxRuntime(OnnxSettings.defaults(Device.CPU));
    private static final ImageDecoder DECODER = new ImageDecoder(DecodeLimits.defaults());

    @TempDir
    Path folder;

    private final MeterRegistry metrics = new SimpleMeterRegistry();
    private final Scorer scorer =
            new Scorer(new ScorerSettings(2, 2, Duration.ofSeconds(5), 1 << 20), DECODER, metrics);

    @AfterEach
    void close() {
        scorer.close();
    }

    @Test
    void scoresManyScansInFewerRunsEachWithItsOwnAnswer() {
        LoadedModel model = load(TinyModel.aModel());
        List<byte[]> scans = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            scans.add(TinyModel.png(i, 200 - i, 77, 200, 150));
        }

        List<CompletableFuture<Score>> answers =
                scans.stream().map(scan -> score(model, scan)).toList();

        for (int i = 0; i < 200; i++) {
            assertThat(answers.get(i).join().probabilities().get("benign"))
                    .isCloseTo(TinyModel.probabilities(i, 200 - i, 77)[0], Offset.offset(1e-5));
        }
        assertThat(metrics.get("scanstream.batch.size").summary().totalAmount()).isEqualTo(200);
        assertThat(metrics.get("scanstream.batch.size").summary().max()).isLessThanOrEqualTo(32);
        assertThat(metrics.get("scanstream.batch.size").summary().count()).isLessThan(100);
        model.release();
    }

    @Test
    void keepsNoMeterOfAVersionThatIsForgotten() {
        // As for shadows: under other names, in the same registry.
        CompositeMeterRegistry renamed = new CompositeMeterRegistry();
        renamed.config().meterFilter(new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                return id.withName(id.getName().replace("scanstream.", "scanstream.shadow."));
            }
        });
        LoadedModel model = load(TinyModel.aModel());
        score(model, TinyModel.png(1, 2, 3, 16, 16)).join();
        Scorer other = new Scorer(ScorerSettings.defaults(), DECODER, renamed.add(metrics));
        other.score(model.acquire(), TinyModel.png(1, 2, 3, 16, 16), Urgency.ROUTINE)
                .join();
        // Its run is measured after its answer is given.
        Awaitility.await().until(() -> measured("scanstream.") && measured("scanstream.shadow."));

        scorer.forget(model.version());
        assertThat(metrics.getMeters())
                .isNotEmpty()
                .allMatch(meter -> meter.getId().getName().startsWith("scanstream.shadow."));
        other.forget(model.version());

        assertThat(metrics.getMeters()).isEmpty();
        other.close();
        model.release();
    }

    @Test
    void flagsScansThatAreFartherThanTheCardAllowsAndCountsThem() {
        LoadedModel model = load(TinyModel.aModel().flaggingAbove(12));

        Novelty far = score(model, TinyModel.png(200, 10, 10, 16, 16)).join().novelty();
        Novelty near = score(model, TinyModel.png(10, 10, 200, 16, 16)).join().novelty();
        score(model, TinyModel.png(20, 10, 200, 16, 16)).join();

        assertThat(far.distance()).isCloseTo(20, Offset.offset(1e-4));
        assertThat(far.threshold()).isEqualTo(12);
        assertThat(far.flagged()).isTrue();
        assertThat(near.distance()).isCloseTo(1, Offset.offset(1e-4));
        assertThat(near.flagged()).isFalse();
        assertThat(counted("true")).isEqualTo(1);
        assertThat(counted("false")).isEqualTo(2);
        model.release();
    }

    @Test
    void tellsWhoeverListensOfEachAnswerOnce() {
        AnswerTallies answers = new AnswerTallies();
        Scorer listened = new Scorer(ScorerSettings.defaults(), DECODER, metrics, answers::scored);
        LoadedModel model = load(TinyModel.aModel().flaggingAbove(12));
        List<Score> scores = Stream.of(
                        TinyModel.png(200, 10, 10, 16, 16),
                        TinyModel.png(10, 10, 200, 16, 16),
                        TinyModel.png(10, 10, 199, 16, 16))
                .map(scan ->
                        listened.score(model.acquire(), scan, Urgency.ROUTINE).join())
                .toList();
        listened.infer(
                        model.acquire(),
                        new byte[model.input().sizeBytes()],
                        Set.of(OnnxMetadata.OUTPUT_PROBABILITIES),
                        Urgency.ROUTINE)
                .join();

        AnswerHistogram counted = answers.take().get(model.version());

        assertThat(counted.scans()).isEqualTo(3);
        Map<String, Long> decisions = new TreeMap<>();
        model.classes().forEach(label -> decisions.put(label, 0L));
        scores.forEach(score -> decisions.merge(score.decision(), 1L, Long::sum));
        assertThat(counted.decisions()).containsExactlyInAnyOrderEntriesOf(decisions);
        assertThat(counted.confidence().stream().mapToLong(Long::longValue).sum())
                .isEqualTo(3);
        // Distances of 20, 1 and 1, with a threshold of 12.
        assertThat(counted.distance().get(16)).isEqualTo(1);
        assertThat(counted.distance().get(0)).isEqualTo(2);
        assertThat(answers.take()).isEmpty();
        listened.close();
        model.release();
    }

    private double counted(String flagged) {
        return metrics.get("scanstream.scans.novelty")
                .tags("model", "tiny", "flagged", flagged)
                .counter()
                .count();
    }

    private boolean measured(String prefix) {
        Timer run = metrics.find(prefix + "stage").tag("stage", "run").timer();
        return run != null && run.count() == 1;
    }

    @Test
    void aSegmentersScoreSaysWhereItsClassesAre() {
        LoadedModel model = load(TinyModel.aModel().segmenting());
        byte[] halves = new byte[16 * 16 * 3];
        for (int i = 0; i < 16 * 16; i++) {
            // The left quarter red, the rest blue.
            halves[3 * i + (i % 16 < 4 ? 0 : 2)] = (byte) 250;
        }

        Score score = score(model, PngWriter.encode(halves, 16, 16, 3)).join();

        assertThat(score.decision()).isEqualTo("normal");
        Regions regions = score.regions();
        assertThat(regions).isNotNull();
        assertThat(regions.shares())
                .containsExactly(entry("benign", 0.25), entry("cancer", 0.0), entry("normal", 0.75));
        Image mask = DECODER.decode(Base64.getDecoder().decode(regions.mask()));
        assertThat(mask.channels()).isEqualTo(1);
        for (int i = 0; i < 16 * 16; i++) {
            assertThat(mask.pixels()[i]).isEqualTo((byte) (i % 16 < 4 ? 0 : 2));
        }
        model.release();
    }

    @Test
    void infersDecodedScansBesideScores() {
        LoadedModel model = load(TinyModel.aModel());
        List<CompletableFuture<Map<String, float[]>>> inferred = new ArrayList<>();
        List<CompletableFuture<Score>> scored = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            byte[] png = TinyModel.png(i, 100, 50, 16, 16);
            byte[] row = model.preprocessor().apply(DECODER.decode(png));
            inferred.add(scorer.infer(model.acquire(), row, Set.of("probabilities", "logits"), Urgency.URGENT));
            scored.add(score(model, png));
        }

        for (int i = 0; i < 40; i++) {
            Map<String, float[]> values = inferred.get(i).join();
            assertThat(values).containsOnlyKeys("probabilities", "logits");
            assertThat((double) values.get("probabilities")[0])
                    .isCloseTo(scored.get(i).join().probabilities().get("benign"), Offset.offset(1e-6));
        }
        model.release();
    }

    @Test
    void anInputOfAnotherSizeIsRefusedAndHoldsNobodyUp() {
        LoadedModel model = load(TinyModel.aModel());

        CompletableFuture<Map<String, float[]>> tooSmall =
                scorer.infer(model.acquire(), new byte[7], Set.of("probabilities"), Urgency.ROUTINE);

        assertThat(failure(tooSmall)).isEqualTo(ErrorCode.INVALID_REQUEST);
        assertThat(score(model, TinyModel.png(1, 2, 200, 16, 16)).join().decision())
                .isEqualTo("normal");
        model.release();
    }

    @Test
    void runsEncodedAndDecodedScansAlike() {
        LoadedModel model = load(TinyModel.aModel());
        byte[] image = TinyModel.png(200, 150, 30, 33, 21);
        byte[] input = model.preprocessor().apply(DECODER.decode(image));
        Set<String> outputs = model.outputShapes().keySet();

        Map<String, float[]> encoded = scorer.inferImage(model.acquire(), image, outputs, Urgency.URGENT, () -> true)
                .join();
        Map<String, float[]> decoded = scorer.infer(model.acquire(), input, outputs, Urgency.ROUTINE, () -> true)
                .join();

        assertThat(encoded).containsOnlyKeys("probabilities", "logits");
        assertThat(encoded.get("logits")).containsExactly(decoded.get("logits"));
        assertThat(failure(scorer.inferImage(model.acquire(), new byte[9], outputs, Urgency.ROUTINE, () -> true)))
                .isEqualTo(ErrorCode.NOT_AN_IMAGE);
        model.release();
    }

    @Test
    void aScanThatIsNotWantedIsNotRun() {
        LoadedModel model = load(TinyModel.aModel());
        Set<String> outputs = model.outputShapes().keySet();
        byte[] input = new byte[model.input().sizeBytes()];

        CompletableFuture<?> unwanted = scorer.infer(model.acquire(), input, outputs, Urgency.ROUTINE, () -> false);

        assertThat(ServingSet.cause(catchThrowable(unwanted::join))).isInstanceOf(CancellationException.class);
        assertThat(metrics.find("scanstream.batch.size").summaries()).allMatch(sizes -> sizes.count() == 0);
        model.release();
    }

    @Test
    void aScanAloneDoesNotWaitForOthers() {
        // The budget is five seconds: were it spent, the test would take minutes.
        LoadedModel model = load(TinyModel.aModel());

        for (int i = 0; i < 50; i++) {
            score(model, TinyModel.png(i, 1, 2, 16, 16)).join();
        }

        assertThat(metrics.get("scanstream.batch.size").summary().count()).isEqualTo(50);
        model.release();
    }

    @Test
    void twoModelsAreNeverInOneRun() {
        LoadedModel one = load(TinyModel.aModel());
        LoadedModel other = load(TinyModel.aModel().named("other").withThreshold(0.01));
        List<CompletableFuture<Score>> answers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            answers.add(score(i % 2 == 0 ? one : other, TinyModel.png(200, 150, 10, 16, 16)));
        }

        for (int i = 0; i < 40; i++) {
            Score score = answers.get(i).join();
            assertThat(score.model()).isEqualTo(i % 2 == 0 ? "tiny" : "other");
            // Cancer has 0.07: not the most probable, but above the other model's threshold.
            assertThat(score.decision()).isEqualTo(i % 2 == 0 ? "benign" : "cancer");
        }
        one.release();
        other.release();
    }

    @Test
    void whatIsNoImageFailsAloneAndHoldsNobodyUp() {
        LoadedModel model = load(TinyModel.aModel());

        CompletableFuture<Score> broken = score(model, new byte[] {1, 2, 3});
        CompletableFuture<Score> empty = score(model, new byte[0]);
        CompletableFuture<Score> fine = score(model, TinyModel.png(1, 2, 200, 16, 16));

        assertThat(fine.join().decision()).isEqualTo("normal");
        assertThat(failure(broken)).isEqualTo(ErrorCode.NOT_AN_IMAGE);
        assertThat(failure(empty)).isEqualTo(ErrorCode.NOT_AN_IMAGE);
        model.release();
    }

    @Test
    void aProbabilityThatIsNoNumberIsNoScore() {
        LoadedModel model = load(TinyModel.aModel().onBlack(OnBlack.GIVES_NAN));

        CompletableFuture<Score> black = score(model, TinyModel.png(0, 0, 0, 16, 16));
        CompletableFuture<Score> fine = score(model, TinyModel.png(1, 2, 200, 16, 16));

        assertThat(failure(black)).isEqualTo(ErrorCode.INTERNAL);
        assertThat(fine.join().decision()).isEqualTo("normal");
        model.release();
    }

    @Test
    void releasesTheModelWhateverComesOfTheScan() {
        LoadedModel model = load(TinyModel.aModel());
        CompletableFuture<Score> broken = score(model, new byte[] {1, 2, 3});
        CompletableFuture<Score> fine = score(model, TinyModel.png(1, 2, 200, 16, 16));
        failure(broken);
        fine.join();

        model.release();

        assertThat(catchThrowableOfType(IllegalStateException.class, model::acquire))
                .hasMessageContaining("is closed");
    }

    @Test
    void aRunOfManyOperatorsIsEndedWhenTheTimeToCloseIsOver() {
        LoadedModel model = load(TinyModel.aModel().onBlack(OnBlack.LOOPS));
        CompletableFuture<Score> endless = score(model, TinyModel.png(0, 0, 0, 16, 16));
        Awaitility.await().until(() -> Thread.getAllStackTraces().values().stream()
                .anyMatch(frames -> frames.length > 0
                        && frames[0].isNativeMethod()
                        && frames[0].getClassName().equals("ai.onnxruntime.OrtSession")));

        scorer.close(Duration.ofMillis(100));

        assertThat(endless).isCompletedExceptionally();
        assertThat(catchThrowableOfType(CompletionException.class, endless::join))
                .cause()
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED))
                .hasMessageContaining("the run was ended");
        model.release();
    }

    @Test
    void whatWaitsBehindARunThatHangsFailsWhenTheTimeToCloseIsOver() {
        LoadedModel model = load(TinyModel.aModel().onBlack(OnBlack.LOOPS));
        // Two scans may wait for the model: then the decoders stand still too.
        Scorer narrow = new Scorer(new ScorerSettings(1, 2, Duration.ZERO, 2 * 16 * 16 * 3), DECODER, metrics);
        List<CompletableFuture<Score>> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            all.add(narrow.score(model.acquire(), TinyModel.png(0, 0, 0, 16, 16), Urgency.ROUTINE));
        }

        narrow.close(Duration.ofMillis(300));

        for (CompletableFuture<Score> one : all) {
            assertThat(one).isCompletedExceptionally();
        }
        model.release();
    }

    @Test
    void anAnswerThatCannotBeReadFailsAloneAndReleasesItsModel() {
        LoadedModel model = load(TinyModel.aModel());
        Set<String> unreadable = new AbstractSet<>() {
            @Override
            public Iterator<String> iterator() {
                return Set.of("probabilities").iterator();
            }

            @Override
            public int size() {
                return 1;
            }

            @Override
            public Stream<String> stream() {
                throw new OutOfMemoryError("a test's");
            }
        };
        byte[] input = new byte[model.input().sizeBytes()];

        for (int i = 0; i < 4; i++) {
            CompletableFuture<?> answer = scorer.infer(model.acquire(), input, unreadable, Urgency.ROUTINE);
            assertThat(answer)
                    .failsWithin(Duration.ofSeconds(10))
                    .withThrowableThat()
                    .havingCause()
                    .isInstanceOfSatisfying(
                            ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL));
        }

        // There were more of them than runners.
        assertThat(score(model, TinyModel.png(1, 2, 200, 16, 16)).join().decision())
                .isEqualTo("normal");
        model.release();
        assertThat(catchThrowableOfType(IllegalStateException.class, model::acquire))
                .hasMessageContaining("is closed");
    }

    @Test
    void aScanThatComesAfterTheEndIsRefusedAndReleasesItsModel() {
        LoadedModel model = load(TinyModel.aModel());
        scorer.close();

        CompletableFuture<Score> late = score(model, TinyModel.png(1, 2, 200, 16, 16));

        assertThat(late).isDone();
        assertThat(failure(late)).isEqualTo(ErrorCode.OVERLOADED);
        model.release();
        assertThat(catchThrowableOfType(IllegalStateException.class, model::acquire))
                .hasMessageContaining("is closed");
    }

    @Test
    void aScanWhoseDecodingOutlastsTheEndIsTold() throws Exception {
        LoadedModel model = load(TinyModel.aModel());
        Semaphore open = new Semaphore(0);
        CompletableFuture<Score> slow =
                scorer.score(model.acquire(), TinyModel.png(1, 2, 200, 16, 16), Urgency.ROUTINE, () -> {
                    open.acquireUninterruptibly();
                    return true;
                });
        scorer.close(Duration.ofMillis(100));
        assertThat(slow).isNotDone();

        open.release(2);

        assertThat(slow).failsWithin(Duration.ofSeconds(10));
        assertThat(failure(slow)).isEqualTo(ErrorCode.OVERLOADED);
        model.release();
    }

    @Test
    void routineScansThatFillTheRoomKeepNoUrgentOneFromTheDecoders() throws Exception {
        LoadedModel model = load(TinyModel.aModel());
        Scorer narrow = new Scorer(new ScorerSettings(1, 1, Duration.ZERO, 4 * 16 * 16 * 3), DECODER, metrics);
        Semaphore open = new Semaphore(0);
        AtomicInteger asked = new AtomicInteger();
        // Asked by the decoder, and then by the runner, which is held up.
        CompletableFuture<Score> first =
                narrow.score(model.acquire(), TinyModel.png(1, 2, 200, 16, 16), Urgency.ROUTINE, () -> {
                    if (asked.incrementAndGet() == 2) {
                        open.acquireUninterruptibly();
                    }
                    return true;
                });
        Awaitility.await().until(() -> asked.get() == 2);
        AtomicInteger routineDecoded = new AtomicInteger();
        List<CompletableFuture<Score>> routine = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            routine.add(narrow.score(model.acquire(), TinyModel.png(1, 2, 200, 16, 16), Urgency.ROUTINE, () -> {
                routineDecoded.incrementAndGet();
                return true;
            }));
        }
        Awaitility.await().until(() -> routineDecoded.get() == 3);

        CountDownLatch decoded = new CountDownLatch(1);
        CompletableFuture<Score> urgent =
                narrow.score(model.acquire(), TinyModel.png(200, 2, 2, 16, 16), Urgency.URGENT, () -> {
                    decoded.countDown();
                    return true;
                });

        assertThat(decoded.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(routineDecoded).hasValue(3);
        open.release();
        assertThat(urgent.join().decision()).isEqualTo("benign");
        assertThat(first.join().decision()).isEqualTo("normal");
        routine.forEach(scan -> assertThat(scan.join().decision()).isEqualTo("normal"));
        narrow.close();
        model.release();
    }

    private LoadedModel load(TinyModel model) {
        return new ModelLoader(RUNTIME, DECODER).load(model.write(folder.resolve("m" + System.nanoTime())));
    }

    private CompletableFuture<Score> score(LoadedModel model, byte[] bytes) {
        return scorer.score(model.acquire(), bytes, Urgency.ROUTINE);
    }

    private static ErrorCode failure(CompletableFuture<?> answer) {
        CompletionException failure = catchThrowableOfType(CompletionException.class, answer::join);
        return ((ScanstreamException) ServingSet.cause(failure)).code();
    }
}
