package io.scanstream.inference.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.model.OnnxRuntime.Opened;
import io.scanstream.inference.model.OnnxRuntime.Variant;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.OnnxSettings.Precision;
import io.scanstream.storage.ModelPackage;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a GPU that is pretended: its sessions are the CPU's, and it does not take every model. */
class OnnxRuntimeTest {
    private static final String TOO_LARGE = "large";

    @TempDir
    Path folder;

    @Test
    void aModelThatCudaDoesNotTakeRunsOnTheCpuAndOthersStillOnCuda() throws OrtException {
        OnnxRuntime runtime = runtime(Device.AUTO, Provider.CUDA);

        try (Opens large = open(runtime, TOO_LARGE);
                Opens small = open(runtime, "small")) {
            assertThat(large.opened().provider()).isEqualTo(Provider.CPU);
            assertThat(large.opened().variant())
                    .isEqualTo(runtime.variants(Provider.CPU).get(0));
            assertThat(small.opened().provider()).isEqualTo(Provider.CUDA);
            assertThat(runtime.precision()).isEqualTo(Precision.FLOAT16);
            assertThat(runtime.precision(large.opened().provider())).isEqualTo(Precision.FLOAT32);
        }
    }

    @Test
    void aModelThatTensorRtDoesNotTakeIsTriedOnCuda() throws OrtException {
        OnnxRuntime runtime = runtime(Device.CUDA, Provider.TENSORRT);

        try (Opens odd = open(runtime, "odd")) {
            assertThat(odd.opened().provider()).isEqualTo(Provider.CUDA);
        }
    }

    @Test
    void whereCudaIsDemandedNothingRunsOnTheCpu() {
        OnnxRuntime runtime = runtime(Device.CUDA, Provider.CUDA);

        assertThatThrownBy(() -> open(runtime, TOO_LARGE)).isInstanceOf(OrtException.class);
    }

    @Test
    void saysWhatWasMeasuredInTheWordsOfThePlace() {
        Variant variant = new Variant(4, "EXHAUSTIVE");

        assertThat(variant.at(Provider.CUDA)).isEqualTo("cuDNN's search EXHAUSTIVE");
        assertThat(variant.at(Provider.CPU)).isEqualTo("4 threads");
    }

    @Test
    void theProbeRunsWhereModelsRun() {
        assertThatCode(() -> {
                    try (SessionOptions options = new SessionOptions()) {
                        GpuProbe.run(OrtEnvironment.getEnvironment(), options);
                    }
                })
                .doesNotThrowAnyException();
    }

    private record Opens(Opened opened) implements AutoCloseable {
        @Override
        public void close() throws OrtException {
            opened.session().close();
        }
    }

    private Opens open(OnnxRuntime runtime, String name) throws OrtException {
        ModelPackage pack = TinyModel.aModel().named(name).write(folder.resolve(name));
        ModelVersion version = new ModelVersion(name, pack.card().version());
        return new Opens(runtime.open(new ModelFile(version, pack.onnx(), Precision.FLOAT32)));
    }

    private static OnnxRuntime runtime(Device device, Provider provider) {
        OnnxSettings settings = new OnnxSettings(device, 0, 8, 64L << 20, Duration.ZERO, Precision.FLOAT16, null);
        return new OnnxRuntime(settings, provider, OnnxRuntimeTest::pretended);
    }

    private static OrtSession pretended(ModelFile file, Variant variant, Provider on) throws OrtException {
        boolean tooLarge = on.isGpu() && file.version().name().equals(TOO_LARGE);
        if (tooLarge || on == Provider.TENSORRT) {
            throw new OrtException("out of device memory");
        }
        return OrtEnvironment.getEnvironment().createSession(file.onnx().toString());
    }
}
