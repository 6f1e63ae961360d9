package io.scanstream.contracts.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.TrafficState.Arm;
import io.scanstream.contracts.model.TrafficState.Rule;
import io.scanstream.contracts.scoring.ScanId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrafficStateTest {
    private static final int MANY = 100_000;
    /** Five standard deviations of a share near a half, on so many ids. */
    private static final Offset<Double> LUCK = Offset.offset(5 * Math.sqrt(0.25 / MANY));

    /** As ids come: of one moment after the other, with little else that differs. */
    private static final List<ScanId> IDS = IntStream.range(0, MANY)
            .mapToObj(i -> new ScanId(new UUID(0x019aa0c17c5b7000L + ((long) i << 16), 0x8000000000000000L + i)))
            .toList();

    @Test
    void givesEachArmItsShareOfTheScans() {
        TrafficState split = split(new Arm("champion", 0.6), new Arm("challenger", 0.3), new Arm("candidate", 0.1));

        Map<String, Long> counts = IDS.stream()
                .collect(Collectors.groupingBy(id -> split.armOf("lung", id).orElseThrow(), Collectors.counting()));

        assertThat(counts.get("champion") / (double) MANY).isCloseTo(0.6, LUCK);
        assertThat(counts.get("challenger") / (double) MANY).isCloseTo(0.3, LUCK);
        assertThat(counts.get("candidate") / (double) MANY).isCloseTo(0.1, LUCK);
    }

    @Test
    void decidesForTheSameScanAlike() {
        TrafficState split = split(new Arm("champion", 0.5), new Arm("challenger", 0.5));
        TrafficState elsewhere = split(new Arm("champion", 0.5), new Arm("challenger", 0.5));

        assertThat(IDS).allSatisfy(id -> assertThat(elsewhere.armOf("lung", id)).isEqualTo(split.armOf("lung", id)));
        // Known answers: another version of the service must give them too.
        assertThat(List.of("019aa0c1-7c5b-7d3e-9f00-abcdefabcdef", "019aa0c1-7c5b-7d3e-9f00-abcdefabcdf5").stream()
                        .map(id -> split.armOf("lung", ScanId.of(id)).orElseThrow()))
                .containsExactly("champion", "challenger");
    }

    @Test
    void aShareThatGrowsMovesOnlyWhatItTakes() {
        TrafficState before = split(new Arm("champion", 0.9), new Arm("challenger", 0.1));
        TrafficState after = split(new Arm("champion", 0.7), new Arm("challenger", 0.3));

        assertThat(IDS.stream().filter(id -> before.armOf("lung", id).equals(Optional.of("challenger"))))
                .allMatch(id -> after.armOf("lung", id).equals(Optional.of("challenger")));
    }

    @Test
    void splitsTwoModelsIndependently() {
        TrafficState split = split(new Arm("champion", 0.5), new Arm("challenger", 0.5));

        long alike = IDS.stream()
                .filter(id -> split.armOf("lung", id).equals(split.armOf("skin", id)))
                .count();

        assertThat(alike / (double) MANY).isCloseTo(0.5, LUCK);
    }

    @Test
    void anArmWithoutAShareAnswersNothing() {
        // In floating point the shares add up to a little less than 1.
        TrafficState split = split(new Arm("a", 0.1), new Arm("b", 0.7), new Arm("c", 0.2), new Arm("none", 0));

        Function<ScanId, String> arm = id -> split.armOf("lung", id).orElseThrow();
        assertThat(IDS.stream().map(arm)).isSubsetOf("a", "b", "c");
        assertThat(split(new Arm("none", 0), new Arm("all", 1)).armOf("lung", IDS.get(0)))
                .contains("all");
    }

    @Test
    void withoutArmsNobodyIsChosen() {
        TrafficState shadowed = new TrafficState(List.of(), List.of("candidate"), "ada", "", Instant.EPOCH);

        assertThat(shadowed.armOf("lung", IDS.get(0))).isEmpty();
        assertThat(shadowed.hasEnded()).isFalse();
        assertThat(TrafficState.ended("ada", "", Instant.EPOCH).hasEnded()).isTrue();
    }

    @Test
    void theFirstRuleThatHoldsChooses() {
        TrafficState split = ruled(
                new Rule("x-scanstream-ward", "3", "challenger"),
                new Rule("x-scanstream-ward", "4", "candidate"),
                new Rule("user-agent", "probe", "champion"));

        assertThat(split.armOf(Map.of("x-scanstream-ward", "4")::get)).contains("candidate");
        assertThat(split.armOf(Map.of("x-scanstream-ward", "3", "user-agent", "probe")::get))
                .contains("challenger");
        assertThat(split.armOf(Map.of("x-scanstream-ward", "5")::get)).isEmpty();
        assertThat(split.armOf(Map.of("x-scanstream-ward", "3 ")::get)).isEmpty();
        assertThat(split.hasEnded()).isFalse();
    }

    @Test
    void anEntryOfBeforeThereWereRulesHasNone() {
        TrafficState old = Json.read(
                "{\"arms\":[],\"shadow\":[\"a\"],\"actor\":\"ada\",\"reason\":\"\",\"at\":0}".getBytes(UTF_8),
                TrafficState.class);

        assertThat(old.rules()).isEmpty();
        assertThat(old.armOf(name -> "anything")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Authorization", "authorization", "cookie", "content-type", "traceparent", "ce_model", "a b", ""
            })
    void aRuleMayNotLookAtWhatIsSecretOrMeansSomethingElse(String header) {
        assertInvalid(() -> new Rule(header, "3", "challenger"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " 3", "3 ", "a\r\nb", "a\tb", "ä", "\u007f"})
    void aRulesValueIsPrintable(String value) {
        assertInvalid(() -> new Rule("x-scanstream-ward", value, "challenger"));
        assertInvalid(() -> new Rule("x-scanstream-ward", "x".repeat(257), "challenger"));
    }

    private static TrafficState ruled(Rule... rules) {
        return new TrafficState(List.of(), List.of(rules), List.of(), "ada", "", Instant.EPOCH);
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
    void refusesAShareThatIsNone(double share) {
        assertInvalid(() -> new Arm("champion", share));
    }

    @Test
    void refusesSharesThatDoNotAddUp() {
        assertInvalid(() -> split(new Arm("champion", 0.9), new Arm("challenger", 0.2)));
        assertInvalid(() -> split(new Arm("champion", 1 - 1e-8)));
        assertThat(split(new Arm("champion", 1 - 1e-10)).arms()).hasSize(1);
    }

    private static TrafficState split(Arm... arms) {
        return new TrafficState(List.of(arms), List.of(), "ada", "", Instant.EPOCH);
    }

    private static void assertInvalid(Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(ScanstreamException.class, e -> assertThat(e.code())
                .isEqualTo(ErrorCode.INVALID_REQUEST));
    }
}
