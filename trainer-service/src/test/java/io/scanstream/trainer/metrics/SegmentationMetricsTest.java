package io.scanstream.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.model.Metrics;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class SegmentationMetricsTest {
    private final SegmentationMetrics collected = new SegmentationMetrics(List.of("background", "gland"));

    @Test
    void countsByHand() {
        ByteBuffer truths = masks(1, 1, 0, 0, /* second */ 1, 0, 0, 0);
        ByteBuffer decisions = masks(1, 0, 0, 0, /* second */ 1, 1, 1, 0);

        List<SegmentationMetrics.ImageOverlap> perImage = collected.add(truths, decisions, 2);

        assertThat(perImage.get(0).dice()).isCloseTo(2.0 / 3, within(1e-12));
        assertThat(perImage.get(0).iou()).isEqualTo(1.0 / 2);
        assertThat(perImage.get(1).dice()).isEqualTo(2.0 / 4);
        assertThat(perImage.get(1).iou()).isCloseTo(1.0 / 3, within(1e-12));
        Metrics metrics = collected.metrics(0.25);
        assertThat(metrics.images()).isEqualTo(2);
        assertThat(metrics.accuracy()).isEqualTo(5.0 / 8);
        assertThat(metrics.logLoss()).isEqualTo(0.25);
        assertThat(metrics.confusion()).containsExactly(List.of(3L, 2L), List.of(1L, 2L));
        Metrics.Segmentation overlap = metrics.segmentation();
        assertThat(overlap).isNotNull();
        assertThat(overlap.dice()).isCloseTo((2.0 / 3 + 1.0 / 2) / 2, within(1e-12));
        assertThat(overlap.iou()).isCloseTo((1.0 / 2 + 1.0 / 3) / 2, within(1e-12));
        assertThat(overlap.diceOverall()).isCloseTo(4.0 / 7, within(1e-12));
        assertThat(overlap.iouOverall()).isEqualTo(2.0 / 5);
        assertThat(overlap.perClass().get(0).diceOverall()).isCloseTo(6.0 / 9, within(1e-12));
        assertThat(metrics.figures())
                .containsKeys("accuracy", "dice", "iou", "diceOverall", "iouOverall")
                .doesNotContainKeys("auc", "averagePrecision");
    }

    @Test
    void nothingToFindAndNothingFoundIsRight() {
        assertThat(collected.add(masks(0, 0), masks(0, 0), 1).get(0).dice()).isEqualTo(1);
        assertThat(collected.add(masks(0, 0), masks(0, 1), 1).get(0).dice()).isZero();
        assertThat(collected.metrics(0).segmentation())
                .satisfies(overlap -> assertThat(overlap.dice()).isEqualTo(0.5));
    }

    @Test
    void startsAtTheBuffersPosition() {
        ByteBuffer truths = masks(9, 9, 1, 0).position(2);

        assertThat(collected.add(truths, masks(1, 0), 1).get(0).dice()).isEqualTo(1);
        assertThat(truths.position()).isEqualTo(2);
    }

    @Test
    void refusesWhatIsNoImage() {
        assertThatThrownBy(() -> collected.metrics(0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> collected.add(masks(0, 1), masks(0), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 true and 1 decided");
        assertThatThrownBy(() -> new SegmentationMetrics(List.of("gland")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static ByteBuffer masks(int... values) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(values.length);
        for (int value : values) {
            buffer.put((byte) value);
        }
        return buffer.flip();
    }
}
