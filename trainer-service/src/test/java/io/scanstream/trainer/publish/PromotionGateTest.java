package io.scanstream.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.AliasState;
import io.scanstream.contracts.model.GateDecision;
import io.scanstream.contracts.model.Golden;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import io.scanstream.trainer.TinyImages;
import io.scanstream.trainer.job.JobDesk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromotionGateTest {
    @TempDir
    Path folder;

    private final Map<ModelVersion, Integer> right = new HashMap<>();
    private final List<Integer> asked = new ArrayList<>();
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
                null,
                null,
                null,
                null,
                null,
                null,
                Preprocessing.stretched(16, 16, 3),
                Map.of(),
                dataset,
                "0".repeat(64),
                Map.of(),
                RecipeReader.read(TinyImages.recipe(1).getBytes(StandardCharsets.UTF_8)),
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
        return gate.decide(job, ModelVersion.of("m", job), (version, manifest, entries) -> {
            asked.add(entries.size());
            return right.getOrDefault(version, 0) / (double) entries.size();
        });
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
    }

    @Test
    void aVersionThatIsWorseDoesNot() throws IOException {
        DatasetVersion dataset = dataset(0, 30, "t1");
        JobId first = publish(dataset, 25);
        decide(first);
        GateDecision decision = decide(publish(dataset, 24));

        assertThat(decision.promoted()).isFalse();
        assertThat(decision.reason()).contains("Accuracy 0.8000 on 30").contains("champion's 0.8333");
        assertThat(champion()).isEqualTo(ModelVersion.of("m", first).version());
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
        AliasState promoted = new AliasState(
                ModelVersion.of("m", job).version(), "gate", "there is no champion", Map.of(), desk.clock.instant());
        aliases.journal("m", "champion").append(0, promoted);

        assertThat(decide(job).promoted()).isTrue();
        assertThat(aliases.journal("m", "champion").history()).hasSize(1);
    }
}
