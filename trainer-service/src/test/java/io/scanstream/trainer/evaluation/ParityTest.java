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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParityTest {
    private static final int SIDE = 16;
    private static final int IMAGES = 5;

    private static final String CLASSIFIER =
            "[{type: conv, out: 8, kernel: 3, padding: 1}, {type: relu}, {type: adaptiveAveragePool}, {type: flatten},"
                    + " {type: linear}]";
    private static final String SEGMENTER =
            "[{type: conv, out: 8, kernel: 3, padding: 1}, {type: relu}, {type: conv, kernel: 1}]";

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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[horizontalFlip]                              | 2",
                "[verticalFlip]                                | 2",
                "[horizontalFlip, verticalFlip]                | 4",
                "[quarterTurns]                                | 4",
                "[quarterTurns, verticalFlip]                  | 8",
                "[horizontalFlip, verticalFlip, quarterTurns]  | 8",
            })
    void theExportedFileAveragesViewsAsTheNetworkDoes(String changes, int views) {
        for (String layers : List.of(CLASSIFIER, SEGMENTER)) {
            Recipe averaging =
                    TestScans.recipe(SIDE, Map.of("testTimeAugmentation", changes, "network.layers", layers));
            try (Network network = new Network(Blueprints.of(averaging, 3), libtorch, 1);
                    OnnxModel model = new OnnxModel(export(network))) {
                assertThat(network.blueprint().views()).hasSize(views).doesNotHaveDuplicates();
                Parity parity = new Parity();
                parity.compare(network, model, pixels, IMAGES);
                parity.require();
                assertThat(parity.maxAbs()).isLessThan(1e-5);
            }
        }
    }

    @Test
    void averagedOverAllViewsAScanMayLieAsItLikes() {
        String changes = "[horizontalFlip, quarterTurns]";
        Recipe averaging =
                TestScans.recipe(SIDE, Map.of("testTimeAugmentation", changes, "network.layers", CLASSIFIER));
        Recipe plain = TestScans.recipe(SIDE, Map.of("network.layers", CLASSIFIER));
        ByteBuffer onItsSide = transposed(pixels);
        try (Network network = new Network(Blueprints.of(averaging, 3), libtorch, 1);
                Network withoutViews = new Network(Blueprints.of(plain, 3), libtorch, 1);
                OnnxModel model = new OnnxModel(export(network));
                OnnxModel modelWithoutViews = new OnnxModel(export(withoutViews))) {
            assertThat(furthest(model.score(pixels, IMAGES), model.score(onItsSide, IMAGES)))
                    .isLessThan(1e-5);
            assertThat(furthest(modelWithoutViews.score(pixels, IMAGES), modelWithoutViews.score(onItsSide, IMAGES)))
                    .isGreaterThan(1e-3);
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
                Task.CLASSIFICATION,
                List.of("a", "b", "c"),
                null,
                Preprocessing.stretched(SIDE, SIDE, 3),
                1,
                "x",
                "test");
        return OnnxExport.write(network, 1, 1, null, metadata, "1");
    }

    private static double furthest(OnnxModel.Scores one, OnnxModel.Scores other) {
        double furthest = 0;
        for (int i = 0; i < one.logits().length; i++) {
            for (int k = 0; k < one.logits()[i].length; k++) {
                furthest = Math.max(furthest, Math.abs(one.logits()[i][k] - other.logits()[i][k]));
            }
        }
        return furthest;
    }

    private static ByteBuffer transposed(ByteBuffer pixels) {
        ByteBuffer turned = ByteBuffer.allocateDirect(pixels.capacity());
        for (int image = 0; image < IMAGES; image++) {
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    for (int channel = 0; channel < 3; channel++) {
                        turned.put(pixels.get(((image * SIDE + x) * SIDE + y) * 3 + channel));
                    }
                }
            }
        }
        return turned.flip();
    }

    private static ByteBuffer noise() {
        byte[] bytes = new byte[IMAGES * SIDE * SIDE * 3];
        new Random(4).nextBytes(bytes);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }
}
