package io.scanstream.gateway.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.AliasRequest;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.AliasState;
import io.scanstream.contracts.model.ExclusionNotice;
import io.scanstream.contracts.model.GateDecision;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.RuleOutcome;
import io.scanstream.gateway.testing.Fixtures;
import io.scanstream.gateway.testing.RecordedTopic;
import io.scanstream.gateway.testing.TestStore;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Models;
import io.scanstream.storage.Notices;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PromotionsTest {
    private static final AliasRequest ADA = new AliasRequest(null, "ada", "better");

    private static TestStore store;

    private final RecordedTopic topic = new RecordedTopic();
    private ModelRegistry registry;
    private Promotions promotions;

    @BeforeAll
    static void start() {
        store = new TestStore();
        Models models = new Models(store.client());
        for (String name : new String[] {"lung", "skin", "bone"}) {
            for (String version : new String[] {"v1", "v2", "v3"}) {
                Fixtures.publish(models, new ModelVersion(name, version));
            }
        }
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @BeforeEach
    void registry() {
        registry = another();
        promotions = promotions(registry);
    }

    private static ModelRegistry another() {
        return new ModelRegistry(new Models(store.client()), new Aliases(store.client()), new Notices(store.client()));
    }

    private Promotions promotions(ModelRegistry known) {
        return new Promotions(
                known,
                new Aliases(store.client()),
                new GateRecords(new Models(store.client()), new Jobs(store.client())),
                new Notices(store.client()),
                topic.outbox());
    }

    /** Publishes a version that a gate has looked at. */
    private static void judged(String name, String version, boolean promoted) {
        JobId job = JobId.next();
        ModelVersion model = new ModelVersion(name, version);
        Fixtures.publish(new Models(store.client()), model, job);
        new Jobs(store.client())
                .writeGateDecision(
                        job,
                        new GateDecision(
                                model,
                                "v0",
                                promoted,
                                promoted ? "good enough" : "sensitivity 0.8 is not at least 0.9",
                                Map.of("images", 40.0),
                                Instant.EPOCH,
                                List.of(new RuleOutcome(
                                        "atLeast/sensitivity", promoted ? 0.95 : 0.8, 0.9, promoted, "sensitivity"))));
    }

    @Test
    void whatTheGateRefusedNeedsAnOverrideWithAReason() {
        judged("gated", "v1", true);
        judged("gated", "v2", false);
        promotions.promote("gated", "v1", ADA);

        assertThatThrownBy(() -> promotions.promote("gated", "v2", ADA))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.GATE_REFUSED))
                .hasMessageContaining("sensitivity 0.8 is not at least 0.9")
                .hasMessageContaining("override");
        assertCode(
                ErrorCode.INVALID_REQUEST,
                () -> promotions.promote("gated", "v2", new AliasRequest(null, "ada", " ", true)));
        assertThat(promotions.history("gated", null)).hasSize(1);

        promotions.promote("gated", "v2", new AliasRequest(null, "ada", "the old one misreads scanner 7", true));

        AliasState state = promotions.history("gated", null).get(0).state();
        assertThat(state.version()).isEqualTo("v2");
        assertThat(state.decision()).isEqualTo(AliasState.Decision.PROMOTED);
        assertThat(state.actor()).isEqualTo("ada");
        assertThat(state.reason()).isEqualTo("the old one misreads scanner 7");
        assertThat(state.rules()).extracting(RuleOutcome::passed).containsExactly(false);
        assertThat(state.figures()).containsEntry("images", 40.0);
        assertThat(promotions.history("gated", null).get(1).state().rules())
                .extracting(RuleOutcome::passed)
                .containsExactly(true);
    }

    @Test
    void theGateIsAboutTheChampionOnly() {
        judged("canaried", "v1", false);

        assertThat(promotions
                        .promote("canaried", "v1", new AliasRequest("canary", "ada", null))
                        .state()
                        .version())
                .isEqualTo("v1");
    }

    @Test
    void aWithdrawnVersionGivesWayAndComesBackNowhere() {
        for (String version : new String[] {"v1", "v2", "v3"}) {
            judged("gone", version, true);
            promotions.promote("gone", version, ADA);
        }
        promotions.promote("gone", "v3", new AliasRequest("canary", "ada", null));

        promotions.withdraw("gone", "v2", new AliasRequest(null, "ada", "wrong labels"));
        assertThat(registry.require("gone").aliases()).containsEntry("champion", "v3");
        AliasState state = promotions
                .withdraw("gone", "v3", new AliasRequest(null, "ada", "wrong labels too"))
                .state();

        assertThat(state.version()).as("not v2, which is withdrawn").isEqualTo("v1");
        assertThat(state.about()).isEqualTo("v3");
        assertThat(state.decision()).isEqualTo(AliasState.Decision.WITHDRAWN);
        assertThat(registry.require("gone").aliases())
                .containsEntry("champion", "v1")
                .doesNotContainKey("canary");
        assertThat(registry.require("gone").versions().get(2).withdrawn().reason())
                .isEqualTo("wrong labels too");
        assertCode(ErrorCode.MODEL_WITHDRAWN, () -> promotions.promote("gone", "v2", ADA));
        assertCode(ErrorCode.MODEL_WITHDRAWN, () -> registry.requireScorer("gone", "v3", null));
        assertCode(ErrorCode.CONFLICT, () -> promotions.rollback("gone", ADA));
        int entries = promotions.history("gone", null).size();
        promotions.withdraw("gone", "v3", new AliasRequest(null, "ada", "once more"));
        assertThat(promotions.history("gone", null)).hasSize(entries);
        assertThat(topic.written().get(topic.written().size() - 1).value()).contains("ModelWithdrawn");
        assertCode(
                ErrorCode.INVALID_REQUEST,
                () -> promotions.withdraw("gone", "v1", new AliasRequest(null, "ada", null)));
    }

    @Test
    void rollsBackStepByStepAndNeverToWhatWasRolledBackFrom() {
        for (String version : List.of("v1", "v2", "v3")) {
            published("steps", version);
            promotions.promote("steps", version, ADA);
        }

        assertThat(promotions.rollback("steps", ADA).state().version()).isEqualTo("v2");
        assertThat(promotions.rollback("steps", ADA).state().version()).isEqualTo("v1");
        assertCode(ErrorCode.CONFLICT, () -> promotions.rollback("steps", ADA));

        promotions.promote("steps", "v3", ADA);
        assertThat(promotions.rollback("steps", ADA).state().version()).isEqualTo("v1");
    }

    @Test
    void passesOverVersionsOfAnExcludedSubjectWhenItRollsBack() {
        for (String version : List.of("v1", "v2", "v3")) {
            published("flagged", version);
            promotions.promote("flagged", version, ADA);
        }
        Notices notices = new Notices(store.client());
        notices.exclude(
                new ModelVersion("flagged", "v2"),
                new ExclusionNotice(JobId.next(), new DatasetVersion("lung", 1), Instant.EPOCH));

        assertThat(promotions.rollback("flagged", ADA).state().version()).isEqualTo("v1");

        promotions.promote("flagged", "v2", ADA);
        promotions.promote("flagged", "v3", ADA);
        notices.exclude(
                new ModelVersion("flagged", "v1"),
                new ExclusionNotice(JobId.next(), new DatasetVersion("lung", 1), Instant.EPOCH));
        assertThatThrownBy(() -> promotions.rollback("flagged", ADA)).hasMessageContaining("excluded since");
    }

    private static void published(String name, String version) {
        Fixtures.publish(new Models(store.client()), new ModelVersion(name, version));
    }

    @Test
    void promotesRollsBackAndKeepsTheHistory() {
        promotions.promote("lung", "v1", ADA);
        promotions.promote("lung", "v2", ADA);
        assertThat(registry.require("lung").aliases()).containsEntry("champion", "v2");

        assertThat(promotions.rollback("lung", ADA).state().version()).isEqualTo("v1");

        assertThat(registry.require("lung").aliases()).containsEntry("champion", "v1");
        assertThat(promotions.history("lung", null))
                .extracting(change -> change.number() + ":" + change.state().version())
                .containsExactly("3:v1", "2:v2", "1:v1");
        assertThat(topic.written())
                .extracting(RecordedTopic.Written::key)
                .containsExactly("lung/v1", "lung/v2", "lung/v1");
        assertThat(topic.written().get(0).value()).contains("ModelPromoted").contains("champion");
    }

    @Test
    void promotingWhatIsPromotedChangesNothing() {
        int first = promotions.promote("skin", "v1", ADA).number();

        assertThat(promotions.promote("skin", "v1", ADA).number()).isEqualTo(first);

        assertThat(promotions.history("skin", null)).hasSize(1);
        assertThat(topic.written()).hasSize(1);
    }

    @Test
    void refusesWhatIsNotThere() {
        assertCode(ErrorCode.UNKNOWN_MODEL, () -> promotions.promote("none", "v1", ADA));
        assertCode(ErrorCode.UNKNOWN_MODEL, () -> promotions.promote("bone", "v9", ADA));
        assertCode(ErrorCode.CONFLICT, () -> promotions.rollback("bone", ADA));
        assertCode(
                ErrorCode.INVALID_REQUEST,
                () -> promotions.promote("bone", "v1", new AliasRequest("../x", "ada", null)));
        assertCode(
                ErrorCode.INVALID_REQUEST, () -> promotions.promote("bone", "v1", new AliasRequest(null, " ", null)));
        assertCode(ErrorCode.INVALID_REQUEST, () -> promotions.promote("../jobs", "v1", ADA));
        assertThat(promotions.history("bone", null)).isEmpty();
    }

    @Test
    void saysWhatCanScoreAndWhatCannot() {
        registry.requireScorer("bone", "v1", null);
        assertCode(ErrorCode.UNKNOWN_MODEL, () -> registry.requireScorer("bone", null, null));
        assertCode(ErrorCode.UNKNOWN_MODEL, () -> registry.requireScorer("bone", "v9", null));
        assertCode(ErrorCode.UNKNOWN_MODEL, () -> registry.requireScorer("none", null, null));
        // As another replica would: this registry has no event of it.
        promotions(another()).promote("bone", "v3", new AliasRequest("canary", "ada", null));

        registry.requireScorer("bone", null, "canary");
    }

    @Test
    void showsEveryVersionWithItsFigures() {
        registry.refresh();

        assertThat(registry.all())
                .extracting(model -> model.name())
                .contains("bone", "lung", "skin")
                .isSorted();
        assertThat(registry.require("bone").versions())
                .extracting(version -> version.version())
                .containsExactly("v1", "v2", "v3");
        assertThat(registry.require("bone").versions().get(0).test().accuracy()).isEqualTo(0.75);
    }

    private static void assertCode(ErrorCode code, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(ScanstreamException.class, e -> assertThat(e.code())
                .isEqualTo(code));
    }
}
