package io.scanstream.inference.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.imaging.ClassMap;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.OnnxSettings.Precision;
import io.scanstream.storage.ModelPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelLoaderTest {
    private static final OnnxRuntime RUNTIME = new OnnxRuntime(OnnxSettings.defaults(Device.CPU));
    private static final ImageDecoder DECODER = new ImageDecoder(DecodeLimits.defaults());
    private static final Set<String> PROBABILITIES = Set.of("probabilities");

    @TempDir
    Path folder;

    private final MeterRegistry metrics = new SimpleMeterRegistry();
    private final ModelLoader loader = new ModelLoader(RUNTIME, DECODER);

    @Test
    void scoresAsComputedByHand() {
        LoadedModel model = loader.load(TinyModel.aModel().write(folder));

        float[] probabilities = probabilities(model, TinyModel.png(10, 200, 90, 31, 47));

        double[] expected = TinyModel.probabilities(10, 200, 90);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) probabilities[i]).isCloseTo(expected[i], Offset.offset(1e-6));
        }
        model.release();
    }

    @Test
    void everyRowOfABatchIsItsOwnScan() {
        LoadedModel model = loader.load(TinyModel.aModel().write(folder));
        List<byte[]> rows = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            rows.add(input(model, TinyModel.png(20 * i, 100, 50, 16, 16)));
        }

        Outputs together = model.run(rows, PROBABILITIES);

        for (int i = 0; i < rows.size(); i++) {
            Outputs alone = model.run(List.of(rows.get(i)), PROBABILITIES);
            assertThat(together.row("probabilities", i))
                    .containsExactly(alone.row("probabilities", 0), Offset.offset(1e-6f));
        }
        model.release();
    }

    @Test
    void aSegmenterDecidesEveryPixel() {
        LoadedModel model = loader.load(TinyModel.aModel().segmenting().write(folder));

        ClassMap map = model.classMap(probabilities(model, TinyModel.png(10, 200, 90, 31, 47)));

        assertThat(map).isNotNull();
        assertThat(map.share(1)).isEqualTo(1);
        assertThat(map.meanProbabilities()).containsExactly(TinyModel.probabilities(10, 200, 90), Offset.offset(1e-6));
        model.release();
    }

    @Test
    void refusesASegmenterThatDoesNotReproduceItsGoldenMasks() {
        ModelPackage pack = TinyModel.aModel().segmentingWithOtherMasks().write(folder);

        ScanstreamException refusal = catchThrowableOfType(ScanstreamException.class, () -> loader.load(pack));

        assertThat(refusal.code()).isEqualTo(ErrorCode.MODEL_NOT_VERIFIED);
        assertThat(refusal)
                .hasMessageContaining("golden image 0.png in a batch of 1: pixel 0,0 is decided for class 0");
    }

    @Test
    void refusesASegmenterThatDoesNotReproduceItsGoldenLogits() {
        ModelPackage pack =
                TinyModel.aModel().segmenting().withGoldensOffBy(0.01).write(folder);

        ScanstreamException refusal = catchThrowableOfType(ScanstreamException.class, () -> loader.load(pack));

        assertThat(refusal).hasMessageContaining("logit 0 is 10.0000, expected was 10.0100");
    }

    @Test
    void aSegmentersBatchesAreBoundedByItsMapsToo() {
        // 768 bytes of pixels, and 3 classes of 256 pixels as floats, twice.
        OnnxSettings tight = new OnnxSettings(Device.CPU, 1, 32, 4 * (768 + 2 * 3 * 256 * 4), Duration.ZERO);
        LoadedModel model = new ModelLoader(new OnnxRuntime(tight), DECODER)
                .load(TinyModel.aModel().segmenting().write(folder));

        assertThat(model.plan().batches().largest()).isEqualTo(4);
        model.release();
    }

    @Test
    void refusesAPackageWithOneChangedByte() throws IOException {
        TinyModel.aModel().write(folder);
        Path onnx = folder.resolve(ModelPackage.MODEL);
        byte[] bytes = Files.readAllBytes(onnx);
        bytes[bytes.length / 2] ^= 1;
        Files.write(onnx, bytes);

        ScanstreamException refusal =
                catchThrowableOfType(ScanstreamException.class, () -> loader.load(ModelPackage.read(folder)));

        assertThat(refusal.code()).isEqualTo(ErrorCode.MODEL_NOT_VERIFIED);
        assertThat(refusal).hasMessageContaining("model.onnx is not what checksums say");
    }

    @Test
    void refusesAModelThatDoesNotReproduceItsGoldenScores() {
        ModelPackage pack = TinyModel.aModel().withGoldensOffBy(0.01).write(folder);

        ScanstreamException refusal = catchThrowableOfType(ScanstreamException.class, () -> loader.load(pack));

        assertThat(refusal.code()).isEqualTo(ErrorCode.MODEL_NOT_VERIFIED);
        assertThat(refusal)
                .hasMessageContaining("golden image 0.png in a batch of 1: logit 0 is 10.0000, expected was 10.0100");
    }

    @Test
    void refusesAModelThatDoesNotReproduceItsGoldenDistances() {
        ModelPackage pack = TinyModel.aModel()
                .flaggingAbove(12)
                .withGoldenDistancesOffBy(0.01)
                .write(folder);

        ScanstreamException refusal = catchThrowableOfType(ScanstreamException.class, () -> loader.load(pack));

        assertThat(refusal.code()).isEqualTo(ErrorCode.MODEL_NOT_VERIFIED);
        assertThat(refusal).hasMessageContaining("the distance is 20.0000, expected was 20.0100 within");
    }

    @Test
    void refusesACardWithAGuardWhoseGraphMeasuresNothing() throws IOException {
        TinyModel.aModel().write(folder.resolve("unguarded"));
        Path guarded = folder.resolve("guarded");
        TinyModel.aModel().flaggingAbove(12).write(guarded);
        Files.copy(
                folder.resolve("unguarded").resolve(ModelPackage.MODEL),
                guarded.resolve(ModelPackage.MODEL),
                StandardCopyOption.REPLACE_EXISTING);
        ModelPackage pack = ModelPackage.seal(guarded);

        ScanstreamException refusal = catchThrowableOfType(ScanstreamException.class, () -> loader.load(pack));

        assertThat(refusal).hasMessageContaining("the graph has no output 'distance'");
    }

    @Test
    void acceptsGoldenScoresWithinTheTolerance() {
        // The logits spread over 10: a hundred-thousandth of that is inside, by far.
        ModelPackage pack = TinyModel.aModel().withGoldensOffBy(1e-4).write(folder);

        assertThatCode(() -> loader.load(pack).release()).doesNotThrowAnyException();
    }

    @Test
    void refusesAFileThatIsNoOnnx() throws IOException {
        TinyModel.aModel().write(folder);
        Files.write(folder.resolve(ModelPackage.MODEL), new byte[] {1, 2, 3});
        ModelPackage pack = ModelPackage.seal(folder);

        ScanstreamException refusal = catchThrowableOfType(ScanstreamException.class, () -> loader.load(pack));

        assertThat(refusal.code()).isEqualTo(ErrorCode.MODEL_NOT_VERIFIED);
        assertThat(refusal).hasMessageContaining("ONNX Runtime does not take model.onnx");
    }

    @Test
    void refusesCudaWhereItIsDemandedAndAbsent() {
        assumeThat(hasCuda()).as("CUDA").isFalse();
        ScanstreamException refusal = catchThrowableOfType(
                ScanstreamException.class, () -> new OnnxRuntime(OnnxSettings.defaults(Device.CUDA)));

        assertThat(refusal).hasMessageContaining("scanstream.device is cuda, but CUDA cannot be used");
    }

    @Test
    void aModelScoresInFloat16AsFarAsFloat16Goes() {
        for (TinyModel tiny : List.of(
                TinyModel.aModel().convolving(1),
                TinyModel.aModel().convolving(1).segmenting())) {
            LoadedModel model = halving().load(tiny.write(folder.resolve("m" + System.nanoTime())));

            float[] probabilities = probabilities(model, TinyModel.png(90, 110, 100, 31, 47));

            double[] expected = TinyModel.probabilities(90, 110, 100);
            int pixels = probabilities.length / expected.length;
            double worst = 0;
            for (int i = 0; i < probabilities.length; i++) {
                worst = Math.max(worst, Math.abs(probabilities[i] - expected[i / pixels]));
            }
            // The gain, 0.05, is 0.04998779 in float16.
            assertThat(worst).isBetween(1e-5, 1e-3);
            assertThat(deviation("float16")).isBetween(1e-5, 1e-3);
            model.release();
            assertThat(metrics.find("scanstream.models.golden.deviation").meters())
                    .isEmpty();
        }
    }

    @Test
    void aModelThatDoesNotHoldInFloat16IsServedInFloat32() {
        LoadedModel model = halving().load(TinyModel.aModel().convolving(1e-9).write(folder));

        assertThat((double) probabilities(model, TinyModel.png(90, 110, 100, 31, 47))[1])
                .isCloseTo(TinyModel.probabilities(90, 110, 100)[1], Offset.offset(1e-6));
        assertThat(deviation("float32")).isLessThan(1e-5);
        assertThat(metrics.get("scanstream.models.float16.refused").counter().count())
                .isEqualTo(1);
        model.release();
    }

    @Test
    void aModelThatMultipliesNothingIsServedInFloat32() {
        LoadedModel model = halving().load(TinyModel.aModel().write(folder));

        assertThat(deviation("float32")).isLessThan(1e-5);
        model.release();
    }

    @Test
    void refusesAModelThatHoldsInNeitherPrecision() {
        ModelPackage pack = TinyModel.aModel().convolving(1).withGoldensOffBy(1).write(folder);

        ScanstreamException refusal =
                catchThrowableOfType(ScanstreamException.class, () -> halving().load(pack));

        assertThat(refusal.code()).isEqualTo(ErrorCode.MODEL_NOT_VERIFIED);
        assertThat(refusal).hasMessageContaining("(CPU)");
    }

    @Test
    void float16AndTensorRtAreForGpusAndChangeNothingOnTheCpu() {
        OnnxSettings wishes = new OnnxSettings(
                Device.CPU, 1, 32, 64L << 20, Duration.ZERO, Precision.FLOAT16, folder.resolve("engines"));
        LoadedModel model = new ModelLoader(new OnnxRuntime(wishes), DECODER, metrics)
                .load(TinyModel.aModel().convolving(1).write(folder.resolve("model")));

        assertThat(deviation("float32")).isLessThan(1e-5);
        assertThat(metrics.find("scanstream.models.float16.refused").counters()).isEmpty();
        assertThat(folder.resolve("engines")).doesNotExist();
        model.release();
    }

    @Test
    void withoutAGpuModelsRunOnTheCpuUnlessOneIsDemanded() {
        OnnxRuntime runtime = new OnnxRuntime(OnnxSettings.defaults(Device.AUTO));

        LoadedModel model = new ModelLoader(runtime, DECODER, metrics)
                .load(TinyModel.aModel().convolving(1).write(folder));

        assertThat((double) probabilities(model, TinyModel.png(90, 110, 100, 31, 47))[1])
                .isCloseTo(TinyModel.probabilities(90, 110, 100)[1], Offset.offset(1e-3));
        model.release();
    }

    static boolean hasCuda() {
        return OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA);
    }

    private ModelLoader halving() {
        OnnxSettings settings =
                new OnnxSettings(Device.CPU, 0, 32, 64L << 20, Duration.ZERO, Precision.FLOAT16_ALWAYS, null);
        return new ModelLoader(new OnnxRuntime(settings), DECODER, metrics);
    }

    private double deviation(String precision) {
        return metrics.get("scanstream.models.golden.deviation")
                .tag("precision", precision)
                .gauge()
                .value();
    }

    @Test
    void aMeasuredModelScoresTheSameInTheBatchesThatWereFound() {
        OnnxSettings measuring = new OnnxSettings(Device.CPU, 0, 32, 64L << 20, Duration.ofMillis(200));
        ModelLoader tuned = new ModelLoader(new OnnxRuntime(measuring), DECODER);

        LoadedModel first = tuned.load(TinyModel.aModel().write(folder.resolve("first")));
        LoadedModel alike = tuned.load(TinyModel.aModel().write(folder.resolve("second")));

        assertThat(first.plan().threads()).isBetween(1, Runtime.getRuntime().availableProcessors());
        assertThat(first.plan().threadsAlone()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(first.plan().batches().largest()).isBetween(1, 32);
        byte[] row = input(first, TinyModel.png(10, 200, 90, 31, 47));
        assertThat(first.runAlone(row, PROBABILITIES).row("probabilities", 0))
                .containsExactly(probabilities(first, TinyModel.png(10, 200, 90, 31, 47)), Offset.offset(1e-6f));
        assertThat(alike.plan().threads()).isEqualTo(first.plan().threads());
        assertThat(alike.plan().batches().largest())
                .isEqualTo(first.plan().batches().largest());
        assertThat(probabilities(alike, TinyModel.png(10, 200, 90, 31, 47)))
                .containsExactly(probabilities(first, TinyModel.png(10, 200, 90, 31, 47)), Offset.offset(1e-6f));
        first.release();
        alike.release();
    }

    @Test
    void runsSideBySideDoNotMixTheirScans() throws Exception {
        LoadedModel model = loader.load(TinyModel.aModel().write(folder));
        ExecutorService callers = Executors.newFixedThreadPool(4);
        List<Future<Boolean>> right = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            int red = i % 200;
            right.add(callers.submit(() -> Math.abs(probabilities(model, TinyModel.png(red, 100, 50, 16, 16))[0]
                            - TinyModel.probabilities(red, 100, 50)[0])
                    < 1e-5));
        }

        for (Future<Boolean> one : right) {
            assertThat(one.get()).isTrue();
        }
        callers.shutdown();
        model.release();
    }

    @Test
    void closesTheSessionWithItsLastUser() {
        LoadedModel model = loader.load(TinyModel.aModel().write(folder));
        byte[] row = input(model, TinyModel.png(1, 2, 3, 16, 16));
        model.acquire();

        model.release();
        assertThatCode(() -> model.run(List.of(row), PROBABILITIES)).doesNotThrowAnyException();

        model.release();
        assertThat(catchThrowableOfType(IllegalStateException.class, model::acquire))
                .hasMessageContaining("is closed");
    }

    @Test
    void nativeMemoryDoesNotGrowWithRuns() throws IOException {
        LoadedModel model = loader.load(TinyModel.aModel().write(folder));
        List<byte[]> rows = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            rows.add(input(model, TinyModel.png(i, 2 * i, 3 * i, 16, 16)));
        }
        runAllSizes(model, rows, 15_000);
        long before = residentBytes();

        runAllSizes(model, rows, 15_000);

        // A leak of the input of each run would be 190 MB; the heap may still grow a little.
        assertThat(residentBytes() - before).isLessThan(80L << 20);
        model.release();
    }

    private static void runAllSizes(LoadedModel model, List<byte[]> rows, int runs) {
        for (int i = 0; i < runs; i++) {
            model.run(rows.subList(0, 1 + i % rows.size()), PROBABILITIES);
        }
    }

    /** Resident set size as Linux tells it; the test sees nothing elsewhere. */
    private static long residentBytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        org.junit.jupiter.api.Assumptions.assumeTrue(Files.exists(status), "needs /proc/self/status");
        String line = Files.readAllLines(status).stream()
                .filter(one -> one.startsWith("VmRSS:"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
    }

    private static float[] probabilities(LoadedModel model, byte[] image) {
        return model.run(List.of(input(model, image)), PROBABILITIES).row("probabilities", 0);
    }

    private static byte[] input(LoadedModel model, byte[] image) {
        return model.preprocessor().apply(DECODER.decode(image));
    }
}
