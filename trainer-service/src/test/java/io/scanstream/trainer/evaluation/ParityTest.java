package io.scanstream.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.Blueprints;
import io.scanstream.trainer.network.Network;
import io.scanstream.trainer.network.OnnxExport;
import io.scanstream.trainer.onnx.OnnxModel;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ParityTest {
    private static final int SIDE = 16;
    private static final int IMAGES = 5;

    private final Libtorch libtorch = Libtorch.start(DeviceChoice.CPU);
    private final Recipe recipe = TestScans.recipe(SIDE, Map.of());
    private final ByteBuffer pixels = noise();

    @Test
    void acceptsTheNetworkThatWasExported() {
        try (Network network = new Network(Blueprints.of(recipe, 3), libtorch, 1);
                OnnxModel model = new OnnxModel(export(network))) {
            Parity parity = new Parity();
            parity.compare(network, model, pixels, IMAGES);
            parity.require();
            assertThat(parity.maxAbs()).isLessThan(1e-5);
        }
    }

    @Test
    void refusesAnotherNetworkSayingHowFarItIsOff() {
        try (Network network = new Network(Blueprints.of(recipe, 3), libtorch, 1);
                Network other = new Network(Blueprints.of(recipe, 3), libtorch, 2);
                OnnxModel model = new OnnxModel(export(other))) {
            Parity parity = new Parity();
            parity.compare(network, model, pixels, IMAGES);
            assertThatThrownBy(parity::require)
                    .isInstanceOfSatisfying(
                            ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TRAINING_DIVERGED))
                    .hasMessageContaining("off, allowed are");
        }
    }

    @Test
    void refusesBytesThatAreNoModel() {
        assertThatThrownBy(() -> new OnnxModel(new byte[] {1, 2, 3}))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MODEL_NOT_VERIFIED));
    }

    private static byte[] export(Network network) {
        OnnxMetadata metadata = new OnnxMetadata(
                Task.CLASSIFICATION, List.of("a", "b", "c"), null, Preprocessing.stretched(SIDE, SIDE, 3), "x", "test");
        return OnnxExport.write(network, 1, metadata, "1");
    }

    private static ByteBuffer noise() {
        byte[] bytes = new byte[IMAGES * SIDE * SIDE * 3];
        new Random(4).nextBytes(bytes);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }
}
