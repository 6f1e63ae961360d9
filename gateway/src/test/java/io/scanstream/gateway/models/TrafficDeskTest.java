package io.scanstream.gateway.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.AliasRequest;
import io.scanstream.contracts.api.TrafficChange;
import io.scanstream.contracts.api.TrafficRequest;
import io.scanstream.contracts.api.TrafficRequest.Arm;
import io.scanstream.contracts.api.TrafficRequest.Rule;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.TrafficState;
import io.scanstream.gateway.testing.Fixtures;
import io.scanstream.gateway.testing.RecordedTopic;
import io.scanstream.gateway.testing.TestStore;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Models;
import io.scanstream.storage.Notices;
import io.scanstream.storage.Traffic;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrafficDeskTest {
    private static TestStore store;

    private final RecordedTopic topic = new RecordedTopic();
    private TrafficDesk desk;

    @BeforeAll
    static void start() {
        store = new TestStore();
        Models models = new Models(store.client());
        Aliases aliases = new Aliases(store.client());
        Promotions promotions = promotions(models, aliases, new RecordedTopic());
        for (String name : new String[] {"lung", "skin"}) {
            for (String alias : new String[] {"champion", "challenger", "candidate"}) {
                Fixtures.publish(models, new ModelVersion(name, "of-" + alias));
                promotions.promote(name, "of-" + alias, new AliasRequest(alias, "ada", null));
            }
        }
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @BeforeEach
    void desk() {
        ModelRegistry registry =
                new ModelRegistry(new Models(store.client()), new Aliases(store.client()), new Notices(store.client()));
        desk = new TrafficDesk(registry, new Traffic(store.client()), topic.outbox());
    }

    @Test
    void splitsTrafficAndEndsTheSplit() {
        assertCode(ErrorCode.UNKNOWN_TRAFFIC, () -> desk.get("lung"));

        TrafficChange split = desk.put("lung", request(arms("champion", 0.9, "challenger", 0.1), List.of("candidate")));

        assertThat(desk.get("lung")).isEqualTo(split);
        assertThat(split.state().arms())
                .containsExactly(new TrafficState.Arm("champion", 0.9), new TrafficState.Arm("challenger", 0.1));
        assertThat(split.state().shadow()).containsExactly("candidate");
        TrafficChange ended = desk.end("lung", "ada", "enough seen");
        assertThat(ended.number()).isEqualTo(split.number() + 1);
        assertThat(ended.state().hasEnded()).isTrue();
        assertCode(ErrorCode.UNKNOWN_TRAFFIC, () -> desk.get("lung"));
        assertCode(ErrorCode.UNKNOWN_TRAFFIC, () -> desk.end("lung", "ada", null));
        assertThat(topic.written()).hasSize(2).allSatisfy(event -> {
            assertThat(event.key()).isEqualTo("lung");
            assertThat(Json.read(event.value().getBytes(StandardCharsets.UTF_8), ModelEvent.class))
                    .isInstanceOfSatisfying(ModelEvent.TrafficChanged.class, changed -> assertThat(changed.name())
                            .isEqualTo("lung"));
        });
    }

    @Test
    void aShadowNeedsNoArms() {
        TrafficChange shadowed = desk.put("skin", request(null, List.of("candidate")));

        assertThat(shadowed.state().arms()).isEmpty();
        assertThat(desk.get("skin").state().shadow()).containsExactly("candidate");
    }

    @Test
    void rulesNeedNoArmsAndTakeHeadersInAnyCase() {
        Rule ward = new Rule("X-Scanstream-Ward", "3", "challenger");

        TrafficChange ruled = desk.put("skin", new TrafficRequest(null, List.of(ward), null, "ada", null));

        assertThat(ruled.state().rules())
                .containsExactly(new TrafficState.Rule("x-scanstream-ward", "3", "challenger"));
        assertThat(desk.get("skin")).isEqualTo(ruled);
    }

    @Test
    void tellsEveryMistakeInRules() {
        List<Rule> rules = new ArrayList<>(Arrays.asList(
                new Rule("X-Scanstream-Ward", "3", "challenger"),
                new Rule("x-scanstream-ward", "3", "candidate"),
                new Rule("Authorization", "Bearer x", "challenger"),
                new Rule("x-scanstream-ward", "4\r\nce_model: skin", "challenger"),
                new Rule("x-scanstream-ward", "5", "nobody"),
                new Rule(null, null, null),
                null));

        assertThat(refusal(new TrafficRequest(null, rules, null, "ada", null)).paths())
                .containsExactly(
                        "rules[1]",
                        "rules[2]",
                        "rules[3]",
                        "rules[4].alias",
                        "rules[5].alias",
                        "rules[5]",
                        "rules[6].alias",
                        "rules[6]");
        Rule one = new Rule("x-scanstream-ward", "3", "challenger");
        assertThat(refusal(new TrafficRequest(null, Collections.nCopies(65, one), null, "ada", null))
                        .paths())
                .contains("rules");
    }

    @Test
    void tellsEveryMistakeAtOnce() {
        List<Arm> arms = new ArrayList<>(Arrays.asList(
                new Arm("champion", 0.5),
                new Arm("champion", 0.5),
                new Arm("nobody", 1.5),
                new Arm(null, null),
                new Arm("../x", Double.NaN),
                null));

        Refusal refused = refusal(new TrafficRequest(arms, List.of("nobody"), " ", "x".repeat(2001)));

        assertThat(refused.paths())
                .containsExactly(
                        "arms[1].alias",
                        "arms[2].alias",
                        "arms[2].share",
                        "arms[3].alias",
                        "arms[3].share",
                        "arms[4].alias",
                        "arms[4].share",
                        "arms[5].alias",
                        "arms[5].share",
                        "shadow[0]",
                        "actor",
                        "reason");
        assertThat(topic.written()).isEmpty();
    }

    @Test
    void sharesMustAddUpToOne() {
        assertThat(refusal(request(arms("champion", 0.9, "challenger", 0.2), null))
                        .message())
                .contains("arms: the shares add up to 1.1");
        assertThat(refusal(request(arms("champion", 0.9, "challenger", 0.1 - 1e-8), null))
                        .paths())
                .containsExactly("arms");
        desk.put("skin", request(arms("champion", 0.9, "challenger", 0.1 - 1e-10), null));
    }

    @Test
    void refusesWhatSaysNothingOrTooMuch() {
        assertThat(refusal(request(null, null)).paths()).containsExactly("arms");
        assertThat(refusal(request(null, Collections.nCopies(5, "candidate"))).paths())
                .contains("shadow");
        assertCode(ErrorCode.UNKNOWN_MODEL, () -> desk.put("none", request(null, List.of("candidate"))));
        assertCode(ErrorCode.UNKNOWN_MODEL, () -> desk.get("none"));
        assertCode(ErrorCode.INVALID_REQUEST, () -> desk.end("lung", null, null));
    }

    @Test
    void findsAnAliasThatAnotherGatewayMade() {
        Aliases aliases = new Aliases(store.client());
        desk.put("skin", request(null, List.of("candidate")));
        promotions(new Models(store.client()), aliases, topic)
                .promote("skin", "of-champion", new AliasRequest("fresh", "ada", null));

        assertThat(desk.put("skin", request(null, List.of("fresh"))).state().shadow())
                .containsExactly("fresh");
    }

    private static Promotions promotions(Models models, Aliases aliases, RecordedTopic topic) {
        Notices notices = new Notices(store.client());
        return new Promotions(
                new ModelRegistry(models, aliases, notices),
                aliases,
                new GateRecords(models, new Jobs(store.client())),
                notices,
                topic.outbox());
    }

    /** What a client is told. */
    private record Refusal(String message, List<String> paths) {}

    private Refusal refusal(TrafficRequest request) {
        ScanstreamException e = catchThrowableOfType(ScanstreamException.class, () -> desk.put("skin", request));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
        List<String> lines = e.getMessage().lines().toList();
        return new Refusal(
                e.getMessage(),
                lines.stream().map(line -> line.split(": ", 2)[0]).toList());
    }

    private static TrafficRequest request(@Nullable List<Arm> arms, @Nullable List<String> shadow) {
        return new TrafficRequest(arms, shadow, "ada", null);
    }

    private static List<Arm> arms(String one, double share, String other, double rest) {
        return List.of(new Arm(one, share), new Arm(other, rest));
    }

    private static void assertCode(ErrorCode code, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(ScanstreamException.class, e -> assertThat(e.code())
                .isEqualTo(code));
    }
}
