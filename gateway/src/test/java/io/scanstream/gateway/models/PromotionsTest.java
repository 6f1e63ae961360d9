package io.scanstream.gateway.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.AliasRequest;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.gateway.testing.Fixtures;
import io.scanstream.gateway.testing.RecordedTopic;
import io.scanstream.gateway.testing.TestStore;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Models;
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
        Aliases aliases = new Aliases(store.client());
        registry = new ModelRegistry(new Models(store.client()), aliases);
        promotions = new Promotions(registry, aliases, topic.outbox());
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
        assertCode(ErrorCode.UNKNOWN_MODEL, () -> promotions.rollback("bone", ADA));
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
        new Promotions(
                        new ModelRegistry(new Models(store.client()), new Aliases(store.client())),
                        new Aliases(store.client()),
                        topic.outbox())
                .promote("bone", "v3", new AliasRequest("canary", "ada", null));

        registry.requireScorer("bone", null, "canary");
    }

    @Test
    void showsEveryVersionWithItsFigures() {
        registry.refresh();

        assertThat(registry.all()).extracting(model -> model.name()).containsExactly("bone", "lung", "skin");
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
