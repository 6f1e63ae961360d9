package io.scanstream.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.AliasState;
import io.scanstream.contracts.model.Confusion;
import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.GateDecision;
import io.scanstream.contracts.model.Golden;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.RuleOutcome;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import io.scanstream.trainer.TinyImages;
import io.scanstream.trainer.job.JobDesk;
import io.scanstream.trainer.metrics.ClassifiedImages;
import io.scanstream.trainer.metrics.WeighedImages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromotionGateTest {
    @TempDir
    Path folder;

    private final Map<ModelVersion, Integer> right = new HashMap<>();
    private final List<Integer> asked = new ArrayList<>();
    private final Map<String, String> gateSettings = new HashMap<>();
    private Map<String, Metrics> metrics = Map.of();
    private double latencyMs = 10;
    private JobDesk desk;
    private Models models;
    private Aliases aliases;
    private PromotionGate gate;

    @BeforeEach
    void start() {
        desk = new JobDesk(folder.resolve("desk"));
        models = new Models(desk.store());
        aliases = new Aliases(desk.store());
        gate = new PromotionGate(models, desk.datasets, aliases, desk.jobs, desk.clock);
    }

    @AfterEach
    void stop() {
        desk.close();
    }

    /** Training images t0…, test images of the given numbers. */
    private DatasetVersion dataset(int from, int to, String... training) {
        DatasetVersion version = desk.datasets.reserve("d", JobId.next());
        List<Manifest.Entry> entries = new ArrayList<>();
        for (String name : training) {
            entries.add(entry(name, Split.TRAIN));
        }
        for (int i = from; i < to; i++) {
            entries.add(entry("x" + i, Split.TEST));
        }
        desk.datasets.writeManifest(
                new Manifest(version, List.of("bright", "dark"), entries, List.of(), desk.clock.instant()));
        return version;
    }

    private static Manifest.Entry entry(String name, Split split) {
        String sha256 = Hashes.sha256(name.getBytes(StandardCharsets.UTF_8));
        return new Manifest.Entry(name, sha256, 1, "dark", split, null, null, null);
    }

    private JobId publish(DatasetVersion dataset, List<String> classes, int rightDecisions) throws IOException {
        JobId job = JobId.next();
        ModelVersion version = ModelVersion.of("m", job);
        Path files = Files.createDirectories(folder.resolve(version.version()).resolve("golden"))
                .getParent();
        ModelCard card = new ModelCard(
                ModelCard.SCHEMA_VERSION,
                "m",
                version.version(),
                Task.CLASSIFICATION,
                classes,
                "dark",
                null,
                null,
                null,
                null,
                null,
                Preprocessing.stretched(16, 16, 3),
                metrics,
                dataset,
                "0".repeat(64),
                Map.of(),
                RecipeReader.read(TinyImages.recipe(1).getBytes(StandardCharsets.UTF_8), gateSettings),
                "0".repeat(64),
                1,
                1,
                1,
                0,
                List.of(),
                Map.of(),
                job,
                ModelCard.RESEARCH_USE_ONLY,
                desk.clock.instant());
        Files.write(files.resolve(ModelPackage.CARD), Json.bytes(card));
        Files.write(files.resolve(ModelPackage.GOLDEN), Json.bytes(new Golden(List.of())));
        Files.write(files.resolve(ModelPackage.MODEL), new byte[] {1});
        assertThat(models.publish(version, ModelPackage.seal(files))).isTrue();
        right.put(version, rightDecisions);
        return job;
    }

    private JobId publish(DatasetVersion dataset, int rightDecisions) throws IOException {
        return publish(dataset, List.of("bright", "dark"), rightDecisions);
    }

    private GateDecision decide(JobId job) {
        return gate.decide(job, ModelVersion.of("m", job), new PromotionGate.Scorer() {
            @Override
            public WeighedImages judge(ModelVersion version, Manifest manifest, List<Manifest.Entry> entries) {
                asked.add(entries.size());
                return answers(right.getOrDefault(version, 0), entries.size());
            }

            @Override
            public double latencyMs(ModelVersion version, List<Manifest.Entry> entries) {
                return latencyMs;
            }
        });
    }

    /** All images are dark; the first ones are decided for rightly. */
    private static WeighedImages answers(int right, int images) {
        float[][] probabilities = new float[images][];
        for (int i = 0; i < images; i++) {
            probabilities[i] = i < right ? new float[] {0.2f, 0.8f} : new float[] {0.8f, 0.2f};
        }
        int[] labels = new int[images];
        Arrays.fill(labels, 1);
        return new ClassifiedImages(List.of("bright", "dark"), 1, DecisionRule.of(1, null), probabilities, labels);
    }

    /** Figures of a test split in which so many of 50 dark images were found. */
    private static Map<String, Metrics> found(int dark) {
        Confusion confusion = new Confusion(List.of("bright", "dark"));
        confusion.add(0, 0, 50);
        confusion.add(1, 1, dark);
        confusion.add(1, 0, 50 - dark);
        return Map.of(
                "test",
                new Metrics(
                        100,
                        confusion.accuracy(),
                        confusion.macroF1(),
                        0.5,
                        null,
                        confusion.perClass(),
                        confusion.counts(),
                        confusion.balancedAccuracy(),
                        null,
                        null,
                        null,
                        Map.of(),
                        List.of()));
    }

    /** The same figures with those of sites. */
    private static Map<String, Metrics> bySite(Metrics all, Map<String, Metrics> sites) {
        List<Metrics.Subgroup> groups = new ArrayList<>();
        sites.forEach((site, of) -> groups.add(new Metrics.Subgroup("site", site, of)));
        return Map.of("test", all.withSubgroups(groups));
    }

    private String champion() {
        return aliases.version("m", "champion").orElseThrow();
    }

    @Test
    void theFirstVersionBecomesTheChampion() throws IOException {
        JobId first = publish(dataset(0, 5, "t1"), 0);
        GateDecision decision = decide(first);

        assertThat(decision.promoted()).isTrue();
        assertThat(decision.champion()).isNull();
        assertThat(champion()).isEqualTo(ModelVersion.of("m", first).version());
        assertThat(decision.reason()).isEqualTo("there is no champion");
        assertThat(decision.rules()).isEmpty();
        assertThat(asked).as("nothing to compare with").isEmpty();
        assertThat(desk.jobs.gateDecision(first)).contains(decision);
    }

    @Test
    void aVersionThatIsAtLeastAsGoodReplacesTheChampion() throws IOException {
        DatasetVersion dataset = dataset(0, 30, "t1");
        decide(publish(dataset, 25));
        JobId second = publish(dataset, 25);
        GateDecision decision = decide(second);

        assertThat(decision.promoted()).isTrue();
        assertThat(decision.figures())
                .containsEntry("images", 30.0)
                .containsEntry("candidateAccuracy", 25.0 / 30)
                .containsEntry("championAccuracy", 25.0 / 30);
        assertThat(champion()).isEqualTo(ModelVersion.of("m", second).version());
        AliasState state = aliases.journal("m", "champion").head().orElseThrow().value();
        assertThat(state.actor()).isEqualTo("gate");
        assertThat(state.figures()).isEqualTo(decision.figures());
        assertThat(state.decision()).isEqualTo(AliasState.Decision.PROMOTED);
        assertThat(state.rules()).isEqualTo(decision.rules());
        assertThat(state.rules())
                .extracting(RuleOutcome::rule)
                .containsExactly("fewestImages", "notWorseThanChampion/accuracy");
    }

    @Test
    void aVersionThatIsWorseBeyondDoubtDoesNot() throws IOException {
        DatasetVersion dataset = dataset(0, 30, "t1");
        JobId first = publish(dataset, 25);
        decide(first);
        GateDecision decision = decide(publish(dataset, 15));

        assertThat(decision.promoted()).isFalse();
        assertThat(decision.reason()).contains("accuracy 0.5000 on 30").contains("champion's 0.8333");
        assertThat(decision.figures().get("differenceHigh")).isNegative();
        assertThat(champion()).isEqualTo(ModelVersion.of("m", first).version());
    }

    @Test
    void aVersionThatMayBeWorseByChancePassesUnlessAMarginIsAsked() throws IOException {
        DatasetVersion dataset = dataset(0, 30, "t1");
        decide(publish(dataset, 25));
        assertThat(decide(publish(dataset, 24)).promoted()).isTrue();

        gateSettings.put("gate.margin", "0.02");
        GateDecision decision = decide(publish(dataset, 23));
        assertThat(decision.promoted()).isFalse();
        RuleOutcome rule = decision.broken().get(0);
        assertThat(rule.rule()).isEqualTo("notWorseThanChampion/accuracy");
        assertThat(rule.bound()).isEqualTo(-0.02);
        assertThat(rule.figure()).isEqualTo(decision.figures().get("differenceLow"));
    }

    @Test
    void aRefusalIsAnEntryOfTheJournalThatChangesNothing() throws IOException {
        DatasetVersion dataset = dataset(0, 30, "t1");
        JobId first = publish(dataset, 25);
        decide(first);
        JobId second = publish(dataset, 15);
        GateDecision decision = decide(second);

        AliasState state = aliases.journal("m", "champion").head().orElseThrow().value();
        assertThat(state.decision()).isEqualTo(AliasState.Decision.REFUSED);
        assertThat(state.about()).isEqualTo(ModelVersion.of("m", second).version());
        assertThat(state.version()).isEqualTo(ModelVersion.of("m", first).version());
        assertThat(state.rules()).isEqualTo(decision.rules());
        assertThat(state.reason()).isEqualTo(decision.reason());
    }

    @Test
    void aRefusalThatWasNotWrittenDownIsFoundAgain() throws IOException {
        DatasetVersion dataset = dataset(0, 30, "t1");
        JobId first = publish(dataset, 25);
        decide(first);
        JobId second = publish(dataset, 30);
        String champion = ModelVersion.of("m", first).version();
        AliasState refused = new AliasState(
                champion,
                "gate",
                "too slow",
                Map.of(),
                desk.clock.instant(),
                AliasState.Decision.REFUSED,
                ModelVersion.of("m", second).version(),
                List.of(new RuleOutcome("latencyAtMostMs", 70.0, 50.0, false, "too slow")));
        aliases.journal("m", "champion").append(1, refused);

        GateDecision decision = decide(second);

        assertThat(decision.promoted()).isFalse();
        assertThat(decision.broken()).hasSize(1);
        assertThat(aliases.journal("m", "champion").history()).hasSize(2);
    }

    @Test
    void theFirstVersionHasToHoldTheRulesToo() throws IOException {
        DatasetVersion dataset = dataset(0, 30, "t1");
        gateSettings.put("gate.atLeast", "{sensitivity: 0.9, recall/bright: 0.9}");
        gateSettings.put("gate.latencyAtMostMs", "50");
        gateSettings.put("gate.calibrationErrorAtMost", "0.1");
        gateSettings.put("data.positiveClass", "dark");
        metrics = found(44);
        latencyMs = 70;

        GateDecision decision = decide(publish(dataset, 30));

        assertThat(decision.promoted()).isFalse();
        assertThat(decision.rules())
                .extracting(rule -> rule.rule() + " " + rule.figure() + " " + rule.bound() + " " + rule.passed())
                .containsExactly(
                        "atLeast/sensitivity 0.88 0.9 false",
                        "atLeast/recall/bright 1.0 0.9 true",
                        "calibrationErrorAtMost null 0.1 false",
                        "latencyAtMostMs 70.0 50.0 false");
        assertThat(decision.reason())
                .contains("sensitivity 0.88 is not at least 0.9")
                .contains("calibration error is not known")
                .contains("70 is not at most 50");
        assertThat(aliases.version("m", "champion")).isEmpty();

        gateSettings.remove("gate.calibrationErrorAtMost");
        metrics = found(45);
        latencyMs = 50;
        assertThat(decide(publish(dataset, 30)).promoted()).isTrue();
    }

    @Test
    void noSubgroupMayBeWorse() throws IOException {
        DatasetVersion dataset = dataset(0, 30, "t1");
        gateSettings.put("gate.everySubgroupAtLeast", "{recall/dark: 0.8}");
        gateSettings.put("evaluation.subgroups", "[site]");
        Metrics good = Objects.requireNonNull(found(45).get("test"));
        metrics = bySite(
                good,
                new TreeMap<>(
                        Map.of("a", good, "b", Objects.requireNonNull(found(30).get("test")))));

        GateDecision decision = decide(publish(dataset, 30));

        assertThat(decision.promoted()).isFalse();
        assertThat(decision.rules())
                .extracting(rule -> rule.rule() + " " + rule.figure() + " " + rule.passed())
                .containsExactly(
                        "everySubgroupAtLeast/recall/dark/site=a 0.9 true",
                        "everySubgroupAtLeast/recall/dark/site=b 0.6 false");
        assertThat(decision.reason()).contains("recall/dark of site=b 0.6 is not at least 0.8");

        // Where none is large enough to tell, the rule is broken, not fulfilled.
        gateSettings.put("gate.fewestInSubgroup", "101");
        assertThat(decide(publish(dataset, 30)).broken())
                .extracting(RuleOutcome::detail)
                .containsExactly("recall/dark of subgroups of 101 images is not known, it has to be at least 0.8");
        gateSettings.put("gate.fewestInSubgroup", "30");
        metrics = bySite(good, Map.of("a", good));
        assertThat(decide(publish(dataset, 30)).promoted()).isTrue();
    }

    @Test
    void theRecipeSaysByWhatAndOnHowManyImages() throws IOException {
        gateSettings.put("gate.comparedBy", "sensitivity");
        gateSettings.put("gate.fewestImages", "31");
        gateSettings.put("data.positiveClass", "dark");
        decide(publish(dataset(0, 31, "t1"), 25));
        GateDecision decision = decide(publish(dataset(0, 31, "t1"), 26));
        assertThat(decision.figures()).containsEntry("candidateSensitivity", 26.0 / 31);

        GateDecision tooFew = decide(publish(dataset(0, 30, "t1"), 30));
        assertThat(tooFew.promoted()).isFalse();
        assertThat(tooFew.reason()).contains("only 30").contains("31 are needed");
    }

    @Test
    void imagesThatTheChampionWasTrainedOnDoNotCount() throws IOException {
        JobId first = publish(dataset(100, 130, "x0", "x1", "x2"), 0);
        decide(first);
        decide(publish(dataset(0, 30, "t1"), 27));
        assertThat(asked).containsExactly(27, 27);

        GateDecision tooFew = decide(publish(dataset(0, 15, "t1"), 15));
        assertThat(tooFew.promoted()).isFalse();
        assertThat(tooFew.reason()).contains("only 15").contains("20 are needed");
        assertThat(tooFew.figures()).isEmpty();
    }

    @Test
    void otherClassesAreNotCompared() throws IOException {
        DatasetVersion dataset = dataset(0, 30, "t1");
        decide(publish(dataset, 0));
        GateDecision decision = decide(publish(dataset, List.of("dark", "light"), 30));

        assertThat(decision.promoted()).isFalse();
        assertThat(decision.reason()).contains("[dark, light]").contains("[bright, dark]");
    }

    @Test
    void aDecisionIsTakenOnce() throws IOException {
        DatasetVersion dataset = dataset(0, 30, "t1");
        JobId first = publish(dataset, 25);
        GateDecision decision = decide(first);
        JobId second = publish(dataset, 30);
        decide(second);

        assertThat(decide(first)).isEqualTo(decision);
        assertThat(champion()).isEqualTo(ModelVersion.of("m", second).version());
    }

    @Test
    void aPromotionThatWasNotWrittenDownIsFoundAgain() throws IOException {
        JobId job = publish(dataset(0, 30, "t1"), 25);
        AliasState promoted = AliasState.promoted(
                ModelVersion.of("m", job).version(), "gate", "there is no champion", desk.clock.instant());
        aliases.journal("m", "champion").append(0, promoted);

        assertThat(decide(job).promoted()).isTrue();
        assertThat(aliases.journal("m", "champion").history()).hasSize(1);
    }
}
