package io.scanstream.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkTest {
    private final Libtorch libtorch = Libtorch.start(DeviceChoice.CPU);

    @TempDir
    Path folder;

    @Test
    void resnet18HasTorchvisionsNamesShapesAndSize() {
        Blueprint blueprint = resnet18(1000, 224);
        assertThat(blueprint.trainedNumbers()).isEqualTo(11_689_512);
        assertThat(blueprint.parameters()).hasSize(102);
        try (Network network = new Network(blueprint, libtorch, 1)) {
            assertThat(network.shapes())
                    .containsEntry("conv1.weight", new Shape(64, 3, 7, 7))
                    .containsEntry("bn1.running_var", new Shape(64))
                    .containsEntry("layer1.0.conv1.weight", new Shape(64, 64, 3, 3))
                    .containsEntry("layer2.0.downsample.0.weight", new Shape(128, 64, 1, 1))
                    .containsEntry("layer2.0.downsample.1.running_mean", new Shape(128))
                    .containsEntry("layer4.1.bn2.bias", new Shape(512))
                    .containsEntry("fc.weight", new Shape(1000, 512))
                    .doesNotContainKey("layer1.0.downsample.0.weight");
        }
    }

    @Test
    void startsAsPyTorchDoes() {
        try (Network network = new Network(resnet18(4, 64), libtorch, 3)) {
            // torchvision: kaiming normal by fan out, σ = √(2 / (64·7·7)); linear: uniform within 1/√512.
            assertThat(deviation(network.weights("conv1.weight"))).isCloseTo(Math.sqrt(2.0 / 3136), within(0.001));
            float[] head = network.weights("fc.weight");
            double bound = 1 / Math.sqrt(512);
            for (float value : head) {
                assertThat((double) value).isBetween(-bound, bound);
            }
            assertThat(deviation(head)).isCloseTo(bound / Math.sqrt(3), within(0.002));
            assertThat(network.weights("bn1.weight")).containsOnly(1);
            assertThat(network.weights("bn1.running_mean")).containsOnly(0);
        }
    }

    @Test
    void repeatsFromItsSeed() {
        try (Network one = new Network(resnet18(4, 64), libtorch, 3);
                Network same = new Network(resnet18(4, 64), libtorch, 3);
                Network other = new Network(resnet18(4, 64), libtorch, 4)) {
            assertThat(same.weights("layer3.0.conv1.weight")).isEqualTo(one.weights("layer3.0.conv1.weight"));
            assertThat(other.weights("layer3.0.conv1.weight")).isNotEqualTo(one.weights("layer3.0.conv1.weight"));
        }
    }

    @Test
    void comesBackFromItsFile() throws Exception {
        Path file = folder.resolve("weights.safetensors");
        try (Network one = new Network(resnet18(4, 64), libtorch, 3);
                Network other = new Network(resnet18(4, 64), libtorch, 4)) {
            one.save(file);
            other.load(file);
            for (String name : one.shapes().keySet()) {
                assertThat(other.weights(name)).as(name).isEqualTo(one.weights(name));
            }
        }
    }

    @Test
    void refusesWeightsOfAnotherShape() throws Exception {
        Path file = folder.resolve("weights.safetensors");
        try (Network four = new Network(resnet18(4, 64), libtorch, 3);
                Network five = new Network(resnet18(5, 64), libtorch, 3)) {
            four.save(file);
            assertThatThrownBy(() -> five.load(file))
                    .isInstanceOf(ScanstreamException.class)
                    .hasMessageContaining("fc.weight")
                    .hasMessageContaining("(5, 512)")
                    .hasMessageContaining("(4, 512)");
        }
    }

    static Blueprint resnet18(int outputs, int side) {
        return new Blueprint(
                side,
                side,
                3,
                List.of(0.485, 0.456, 0.406),
                List.of(0.229, 0.224, 0.225),
                new Architecture.ResNet18().layers(List.of()),
                outputs,
                List.of(View.AS_IS));
    }

    private static double deviation(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum / values.length);
    }
}
