package io.scanstream.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.model.Calibration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReliabilityDiagramTest {
    @Test
    void isTheWeightedDistanceOfConfidenceAndAccuracy() {
        // Bins of a 15th: .9 and .92 share one, .6 is alone.
        float[][] probabilities = {{0.9f, 0.1f}, {0.08f, 0.92f}, {0.6f, 0.4f}};
        ReliabilityDiagram diagram = ReliabilityDiagram.of(probabilities, new int[] {0, 0, 0});

        assertThat(diagram.bins()).hasSize(2);
        assertThat(diagram.bins().get(1).images()).isEqualTo(2);
        assertThat(diagram.bins().get(1).confidence()).isCloseTo(0.91, within(1e-6));
        assertThat(diagram.bins().get(1).accuracy()).isEqualTo(0.5);
        assertThat(diagram.figures().expectedError()).isCloseTo((2 * 0.41 + 0.4) / 3, within(1e-6));
        assertThat(diagram.figures().logLoss())
                .isCloseTo(-(Math.log(0.9) + Math.log(0.08) + Math.log(0.6)) / 3, within(1e-6));
    }

    @Test
    void certaintyIsInTheLastBin() {
        ReliabilityDiagram diagram = ReliabilityDiagram.of(new float[][] {{1, 0}}, new int[] {0});

        assertThat(diagram.bins()).containsExactly(new ReliabilityDiagram.Bin(1, 1, 1));
        assertThat(diagram.figures().noiseFloor()).isZero();
    }

    @Test
    void aPerfectModelIsAsFarOffAsTheNoiseFloorSays() {
        double errors = 0;
        double floors = 0;
        for (int seed = 0; seed < 40; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            float[][] probabilities = new float[300][];
            int[] labels = new int[300];
            for (int i = 0; i < 300; i++) {
                float p = 0.5f + random.nextInt(1000) / 2000f;
                probabilities[i] = new float[] {p, 1 - p};
                labels[i] = random.nextDouble() < p ? 0 : 1;
            }
            Calibration.Reliability figures =
                    ReliabilityDiagram.of(probabilities, labels).figures();
            errors += figures.expectedError();
            floors += figures.noiseFloor();
        }

        assertThat(errors / 40).isCloseTo(floors / 40, within(0.1 * floors / 40));
    }
}
