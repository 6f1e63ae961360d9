package io.scanstream.inference.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.OnnxSettings.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** With {@code -Pcuda} on a machine that has a GPU. */
@Tag("gpu")
class CudaTest {
    private static final ImageDecoder DECODER = new ImageDecoder(DecodeLimits.defaults());

    @TempDir
    Path folder;

    private final MeterRegistry metrics = new SimpleMeterRegistry();

    @BeforeEach
    void requireCuda() {
        assumeThat(OrtEnvironment.getAvailableProviders())
                .as("a build of ONNX Runtime with CUDA: -Pcuda")
                .contains(OrtProvider.CUDA);
        assumeThat(Files.exists(Path.of("/dev/nvidia0"))).as("a GPU").isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = Precision.class,
            names = {"FLOAT32", "FLOAT16"})
    void scoresAsComputedByHand(Precision precision) {
        LoadedModel model = load(precision, null);

        assertThat(scores(model)).isCloseTo(TinyModel.probabilities(90, 110, 100)[1], Offset.offset(1e-3));
        assertThat(metrics.get("scanstream.models.golden.deviation")
                        .tag("precision", precision.toString())
                        .gauge()
                        .value())
                .isLessThan(2e-2);
        model.release();
    }

    /** A second version of the same graph must not be given the engines of the first. */
    @Test
    void keepsTheEnginesThatTensorRtBuilds() throws Exception {
        assumeThat(OrtEnvironment.getAvailableProviders()).as("TensorRT").contains(OrtProvider.TENSOR_RT);
        Path engines = folder.resolve("engines");

        LoadedModel model = load(Precision.FLOAT16, engines);

        assertThat(scores(model)).isCloseTo(TinyModel.probabilities(90, 110, 100)[1], Offset.offset(1e-2));
        try (Stream<Path> files = Files.walk(engines)) {
            assumeThat(files.anyMatch(file -> file.toString().endsWith(".engine")))
                    .as("engines, where TensorRT itself is installed")
                    .isTrue();
        }
        model.release();
    }

    private LoadedModel load(Precision precision, Path engines) {
        OnnxSettings settings =
                new OnnxSettings(Device.CUDA, 0, 8, 64L << 20, Duration.ofSeconds(1), precision, engines);
        return new ModelLoader(new OnnxRuntime(settings), DECODER, metrics)
                .load(TinyModel.aModel().convolving(1).write(folder.resolve("model")));
    }

    private static double scores(LoadedModel model) {
        byte[] scan = model.preprocessor().apply(DECODER.decode(TinyModel.png(90, 110, 100, 31, 47)));
        return model.run(List.of(scan), Set.of("probabilities")).row("probabilities", 0)[1];
    }
}
