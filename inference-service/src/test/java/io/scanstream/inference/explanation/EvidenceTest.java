package io.scanstream.inference.explanation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EvidenceTest {
    @Test
    void whatIsAddedToAllLogitsSaysNothing() {
        float[] maps = {1, 5, 3, 0, 2, 4};
        float[] raised = {11, 15, 13, 10, 12, 14};

        assertThat(new Evidence(1, 1).maps(maps, 3)).containsExactly(3 - 1.5f, 0 - 4.5f);
        assertThat(new Evidence(1, 1).maps(raised, 3)).containsExactly(3 - 1.5f, 0 - 4.5f);
    }

    @Test
    void ofTwoLogitsOneClassesEvidenceIsTheOthersNegative() {
        float[] maps = {4, 1, 1, 3};

        assertThat(new Evidence(0, 1).maps(maps, 2)).containsExactly(3, -2);
        assertThat(new Evidence(1, 1).maps(maps, 2)).containsExactly(-3, 2);
    }

    @Test
    void aSingleLogitSpeaksForThePositiveClassWhicheverItsPlace() {
        for (int positive = 0; positive < 2; positive++) {
            assertThat(new Evidence(positive, positive).maps(new float[] {2, -1}, 1))
                    .containsExactly(2, -1);
            assertThat(new Evidence(1 - positive, positive).maps(new float[] {2, -1}, 1))
                    .containsExactly(-2, 1);
            assertThat(new Evidence(1 - positive, positive).of(new float[] {7})).isEqualTo(-7);
        }
    }
}
