package io.scanstream.gateway.drift;

import static io.scanstream.gateway.testing.Fixtures.answers;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.api.DriftView;
import io.scanstream.contracts.model.AnswerCounts;
import io.scanstream.contracts.model.AnswerHistogram;
import io.scanstream.contracts.model.AnswerTally;
import io.scanstream.contracts.model.DriftFigure;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.gateway.models.ModelRegistry;
import io.scanstream.gateway.testing.Fixtures;
import io.scanstream.gateway.testing.RecordedTopic;
import io.scanstream.gateway.testing.TestStore;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Drifts;
import io.scanstream.storage.Models;
import io.scanstream.storage.Notices;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DriftDeskTest {
    private static final DriftDesk.Settings SETTINGS = new DriftDesk.Settings(100, 0.25);

    private static TestStore store;

    private final RecordedTopic topic = new RecordedTopic();
    private AnswerWindow window = window();

    @BeforeAll
    static void start() {
        store = new TestStore();
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @Test
    void tellsOnceThatAQuantityDriftsAndOnceThatItIsBack() {
        ModelVersion lung = published("lung");
        DriftDesk desk = desk(window);
        saw(lung, answers(120, 110, 0.9));
        assertThat(desk.compareAll()).hasSize(1);
        assertThat(topic.written()).isEmpty();

        saw(lung, answers(2000, 10, 0.9));
        desk.compareAll();
        desk.compareAll();
        AnswerWindow there = window();
        there.saw(counts(lung, answers(2120, 120, 0.9)));
        DriftDesk another = desk(there);
        another.compareAll();

        assertThat(topic.written()).hasSize(1);
        ModelEvent.ModelDrifted told = event(0);
        assertThat(told.model()).isEqualTo(lung);
        assertThat(told.state().scans()).isEqualTo(2240);
        assertThat(told.state().drifted())
                .extracting(DriftFigure::quantity)
                .containsExactlyInAnyOrder("decision", "probability/cancer");

        window = window();
        saw(lung, answers(1000, 1000, 0.9));
        DriftDesk restarted = desk(window);
        restarted.compareAll();
        restarted.compareAll();

        assertThat(topic.written()).hasSize(2);
        assertThat(event(1).state().drifted()).isEmpty();
        DriftView view = restarted.of("lung", "v1");
        assertThat(view.quantities()).noneMatch(DriftView.Quantity::drifted);
        assertThat(view.history()).extracting(state -> state.drifted().size()).containsExactly(0, 2);
    }

    @Test
    void whatHasDriftedStaysSoUntilItIsWellBelowItsBound() {
        ModelVersion bone = published("bone");
        DriftDesk desk = desk(window);
        // Of 5000 to 5000 in the reference: an index of .30, of .23 and of .18.
        saw(bone, answers(3800, 1200, 0.9));
        assertThat(drifted(desk)).contains("decision");
        window = window();
        saw(bone, answers(3650, 1350, 0.9));
        assertThat(drifted(desk(window))).contains("decision");
        window = window();
        saw(bone, answers(3500, 1500, 0.9));
        assertThat(drifted(desk(window))).isEmpty();
        window = window();
        saw(bone, answers(3650, 1350, 0.9));
        assertThat(drifted(desk(window))).isEmpty();
    }

    @Test
    void aFewScansSayNothing() {
        ModelVersion skin = published("skin");
        DriftDesk desk = desk(window);
        saw(skin, answers(99, 0, 0.9));

        assertThat(desk.compareAll()).isEmpty();
        DriftView view = desk.of("skin", "v1");
        assertThat(view.scans()).isEqualTo(99);
        assertThat(view.leastScans()).isEqualTo(100);
        assertThat(view.quantities()).isEmpty();
    }

    @Test
    void aPackageWithoutAReferenceIsNotCompared() {
        ModelVersion old = new ModelVersion("old", "v1");
        Fixtures.publish(new Models(store.client()), old);
        DriftDesk desk = desk(window);
        saw(old, answers(1000, 0, 0.9));

        assertThat(desk.compareAll()).isEmpty();
        assertThat(desk.of("old", "v1").reference()).isNull();
        assertThat(desk.of("old", "v1").scans()).isEqualTo(1000);
    }

    @Test
    void countsThatAreNotOfTheModelDoNotKeepOthersFromBeingCompared() {
        ModelVersion odd = new ModelVersion("odd", "v1");
        Fixtures.publishWithReference(
                new Models(store.client()), odd, new AnswerTally(List.of("a", "b"), null).histogram());
        ModelVersion eye = published("eye");
        DriftDesk desk = desk(window);
        saw(odd, answers(200, 0, 0.9));
        saw(eye, answers(200, 0, 0.9));

        assertThat(desk.compareAll()).extracting(DriftView::model).containsExactly("eye");
    }

    @Test
    void showsEachQuantityByItsBound() {
        ModelVersion hand = published("hand");
        DriftDesk desk = desk(window);
        saw(hand, answers(500, 500, 0.9));
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        DriftMeters meters = new DriftMeters(registry);

        meters.show(desk.compareAll());
        assertThat(registry.get("scanstream.model.drift")
                        .tags("model", "hand", "version", "v1", "quantity", "decision")
                        .gauge()
                        .value())
                .isLessThan(0.01);
        saw(hand, answers(30_000, 0, 0.9));
        meters.show(desk.compareAll());
        assertThat(registry.get("scanstream.model.drift")
                        .tags("model", "hand", "quantity", "decision")
                        .gauge()
                        .value())
                .isGreaterThan(1);

        meters.show(List.of());
        assertThat(registry.find("scanstream.model.drift").gauges()).isEmpty();
    }

    private static List<String> drifted(DriftDesk desk) {
        return desk.compareAll().get(0).quantities().stream()
                .filter(DriftView.Quantity::drifted)
                .map(DriftView.Quantity::quantity)
                .toList();
    }

    private static ModelVersion published(String name) {
        ModelVersion version = new ModelVersion(name, "v1");
        Fixtures.publishWithReference(new Models(store.client()), version, answers(5000, 5000, 0.9));
        return version;
    }

    private DriftDesk desk(AnswerWindow seen) {
        Models models = new Models(store.client());
        return new DriftDesk(
                seen,
                new ModelRegistry(models, new Aliases(store.client()), new Notices(store.client())),
                models,
                new Drifts(store.client()),
                topic.outbox(),
                SETTINGS);
    }

    private static AnswerWindow window() {
        return new AnswerWindow(Duration.ofHours(24), Clock.systemUTC());
    }

    private void saw(ModelVersion version, AnswerHistogram answers) {
        window.saw(counts(version, answers));
    }

    private static AnswerCounts counts(ModelVersion version, AnswerHistogram answers) {
        Instant now = Instant.now();
        return new AnswerCounts(version, "i1", now.minusSeconds(60), now, answers);
    }

    private ModelEvent.ModelDrifted event(int index) {
        RecordedTopic.Written written = topic.written().get(index);
        return (ModelEvent.ModelDrifted) Json.read(written.value().getBytes(StandardCharsets.UTF_8), ModelEvent.class);
    }
}
