package io.scanstream.contracts.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DecisionRuleTest {
    @Test
    void withoutAThresholdTheMostProbableIsDecidedForTheFirstOfEquals() {
        assertThat(DecisionRule.MOST_PROBABLE.decide(new double[] {0.2, 0.4, 0.4}))
                .isEqualTo(1);
        assertThat(DecisionRule.of(1, null).decide(new float[] {0.6f, 0.4f})).isZero();
        assertThat(DecisionRule.of(-1, 0.1)).isEqualTo(DecisionRule.MOST_PROBABLE);
    }

    @Test
    void aThresholdIsAboutThePositiveClassAlone() {
        DecisionRule rule = DecisionRule.of(2, 0.25);

        assertThat(rule.decide(new double[] {0.5, 0.25, 0.25})).isEqualTo(2);
        assertThat(rule.decide(new double[] {0.3, 0.46, 0.24})).isEqualTo(1);
        // Most probable, and below its threshold all the same.
        assertThat(DecisionRule.of(0, 0.9).decide(new double[] {0.8, 0.05, 0.15}))
                .isEqualTo(2);
    }
}
