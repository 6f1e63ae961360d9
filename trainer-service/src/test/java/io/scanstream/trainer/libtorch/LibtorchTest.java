package io.scanstream.trainer.libtorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.ScanstreamException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@SuppressWarnings("try") // a scope acts by being open
class LibtorchTest {
    private final Libtorch libtorch = Libtorch.start(DeviceChoice.CPU);

    @Test
    void djlAndLibtorchSeeTheSameMemory() {
        try (NDManager manager = libtorch.newManager();
                PointerScope scope = new PointerScope()) {
            NDArray array = manager.ones(new Shape(2, 3));
            Tensor view = Libtorch.view(array);
            view.mul_(new Scalar(4));
            assertThat(view.sizes().vec().get()).containsExactly(2, 3);
            assertThat(array.toFloatArray()).containsOnly(4);
        }
    }

    @Test
    void bytesGoInFromTheBuffersPosition() {
        ByteBuffer bytes = ByteBuffer.allocateDirect(6)
                .put(new byte[] {9, 9, 1, 2, 3, (byte) 255})
                .flip()
                .position(2);
        try (PointerScope scope = new PointerScope()) {
            Tensor tensor = libtorch.upload(bytes, 2, 2);
            assertThat(tensor.sum().item_long()).isEqualTo(261);
        }
    }

    /** At ResNet's sizes: oneDNN's blocks are of the caches' sizes, which not every virtual processor tells. */
    @ParameterizedTest
    @CsvSource({"64, 24, 1", "128, 12, 1", "256, 6, 1", "64, 24, 3", "128, 12, 3", "256, 6, 3"})
    void convolutionsAreThoseOfPlainLoops(int channels, int side, int kernel) {
        try (PointerScope scope = new PointerScope();
                AutoGradMode gradients = new AutoGradMode(true)) {
            Tensor input = torch.randn(32, channels, side, side).contiguous(torch.MemoryFormat.ChannelsLast);
            Tensor weight = torch.randn(2L * channels, channels, kernel, kernel);
            List<Tensor> fast = convolved(input, weight);
            torch.globalContext().setUserEnabledMkldnn(false);
            List<Tensor> plain = convolved(input, weight);
            for (int i = 0; i < fast.size(); i++) {
                double off = fast.get(i).sub(plain.get(i)).norm().item_double()
                        / plain.get(i).norm().item_double();
                assertThat(off).as("part %s", i).isLessThan(1e-5);
            }
        } finally {
            torch.globalContext().setUserEnabledMkldnn(true);
        }
    }

    /** A convolution with stride 2, and the gradients of its input and weight. */
    private static List<Tensor> convolved(Tensor input, Tensor weight) {
        Tensor x = input.detach().requires_grad_(true);
        Tensor w = weight.detach().requires_grad_(true);
        long kernel = weight.size(2);
        Tensor y = torch.conv2d(
                x,
                w,
                new TensorOptional(),
                new long[] {2, 2},
                new long[] {kernel / 2, kernel / 2},
                new long[] {1, 1},
                1);
        y.mul(y).sum().backward();
        return List.of(y, x.grad(), w.grad());
    }

    @Test
    void computesOnAllCores() {
        assumeThat(System.getenv("OMP_NUM_THREADS")).isNull();

        assertThat(torch.get_num_threads()).isGreaterThanOrEqualTo(Math.min(2, Libtorch.cores()));
    }

    @Test
    void asksForCudaWhereThereIsNone() {
        assumeThat(torch.cuda_is_available()).as("a machine without CUDA").isFalse();
        assertThat(Libtorch.start(DeviceChoice.AUTO).onCuda()).isFalse();
        assertThatThrownBy(() -> Libtorch.start(DeviceChoice.CUDA))
                .isInstanceOf(ScanstreamException.class)
                .hasMessageContaining("-Pcuda");
        assertThatThrownBy(() -> DeviceChoice.of("tpu")).hasMessageContaining("auto, cpu, cuda");
    }

    /** The main of a process that has never loaded libtorch before. */
    static final class FirstStart {
        public static void main(String[] arguments) {
            System.out.println(Libtorch.start(DeviceChoice.CPU).description());
        }
    }

    @Test
    void loadsFromAnEmptyCacheWhateverLibtorchTheSystemHas(@TempDir Path folder) throws Exception {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        Path options = Files.writeString(
                folder.resolve("options"),
                "-cp \"" + classPath + "\"\n-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache"));
        Path log = folder.resolve("log");
        int code = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "@" + options,
                        FirstStart.class.getName())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        assertThat(code).as(Files.readString(log)).isZero();
        assertThat(log).content().contains("libtorch 2.7.1 on cpu");
    }

    @Test
    void doesNotPhoneHome() {
        assertThat(System.getProperty("ai.djl.offline")).isEqualTo("true");
        assertThat(System.getProperty("OPT_OUT_TRACKING")).isEqualTo("true");
        assertThat(libtorch.description()).startsWith("libtorch 2.7.1 on cpu");
    }
}
