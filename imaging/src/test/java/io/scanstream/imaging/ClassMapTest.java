package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.ScanstreamException;
import org.junit.jupiter.api.Test;

class ClassMapTest {
    /** Three classes of two by two pixels. */
    private static final float[] PROBABILITIES = {
        .7f, .3f, .2f, .1f, /* second */ .2f, .3f, .7f, .2f, /* third */ .1f, .4f, .1f, .7f
    };

    private final ClassMap map = ClassMap.of(PROBABILITIES, 3, 2, 2);

    @Test
    void decidesEachPixelForItsMostProbableClass() {
        assertThat(map.classes()).containsExactly(0, 2, 1, 2);
        assertThat(map.margin(0)).isCloseTo(.5f, within(1e-6f));
        assertThat(map.margin(1)).isCloseTo(.1f, within(1e-6f));
        assertThat(map.share(2)).isEqualTo(0.5);
        assertThat(map.mostFrequent()).isEqualTo(2);
        assertThat(map.meanProbabilities()[0]).isCloseTo(1.3 / 4, within(1e-6));
    }

    @Test
    void ofEqualsTheFirstClassWins() {
        ClassMap even = ClassMap.of(new float[] {.5f, .2f, .5f, .8f}, 2, 2, 1);

        assertThat(even.classes()).containsExactly(0, 1);
        assertThat(even.mostFrequent()).isZero();
    }

    @Test
    void itsPngHoldsTheIndices() {
        Image read = new ImageDecoder(DecodeLimits.defaults()).decode(map.png());

        assertThat(read.channels()).isEqualTo(1);
        assertThat(read.pixels()).containsExactly(0, 2, 1, 2);
    }

    @Test
    void refusesWhatIsNoMap() {
        assertThatThrownBy(() -> ClassMap.of(new float[5], 2, 2, 1)).isInstanceOf(ScanstreamException.class);
        assertThatThrownBy(() -> ClassMap.of(new float[] {.5f, Float.NaN, .5f, .5f}, 2, 2, 1))
                .isInstanceOf(ScanstreamException.class)
                .hasMessageContaining("class 0 are not all finite");
    }
}
