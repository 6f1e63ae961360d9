package io.scanstream.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import io.scanstream.contracts.consent.ExclusionOutcome;
import io.scanstream.contracts.consent.ExclusionPlan;
import io.scanstream.contracts.consent.ExclusionRecord;
import io.scanstream.contracts.dataset.Amendment;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Exploration;
import io.scanstream.contracts.dataset.Likeness;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.dataset.Tombstone;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.Lease;
import io.scanstream.contracts.job.Sweep;
import io.scanstream.contracts.model.AliasState;
import io.scanstream.contracts.model.AnswerCounts;
import io.scanstream.contracts.model.AnswerHistogram;
import io.scanstream.contracts.model.AnswerTally;
import io.scanstream.contracts.model.Calibration;
import io.scanstream.contracts.model.DriftFigure;
import io.scanstream.contracts.model.DriftState;
import io.scanstream.contracts.model.ExclusionNotice;
import io.scanstream.contracts.model.GateDecision;
import io.scanstream.contracts.model.Golden;
import io.scanstream.contracts.model.Interval;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.NoveltyGuard;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.OperatingPoint;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.ReferenceAnswers;
import io.scanstream.contracts.model.Referral;
import io.scanstream.contracts.model.RuleOutcome;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.model.TrafficState;
import io.scanstream.contracts.model.Withdrawal;
import io.scanstream.contracts.recipe.Augmentation;
import io.scanstream.contracts.recipe.Loss;
import io.scanstream.contracts.recipe.OperatingRule;
import io.scanstream.contracts.recipe.Optimizer;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.contracts.recipe.Schedule;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.contracts.scoring.Novelty;
import io.scanstream.contracts.scoring.Regions;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.contracts.training.TrainingMessage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the wire form of every message and stored object against the samples in {@code src/test/resources/golden}. A sample
 * is changed by hand, and only by adding fields: other versions of the services read it.
 */
class WireFormatTest {
    private static final Instant AT = Instant.parse("2026-11-20T10:15:30.123Z");
    private static final JobId JOB = JobId.of("019aa0c1-7c5b-7d3e-9f00-1234567890ab");
    private static final ScanId SCAN = ScanId.of("019aa0c1-7c5b-7d3e-9f00-abcdefabcdef");
    private static final DatasetVersion DATASET = new DatasetVersion("lung", 2);
    private static final ModelVersion MODEL = new ModelVersion("lung-cnn", "20261120-101530-567890ab");

    private static final String OBJECT = "s3://scans/incoming/lung-cnn/ward 3/1.png";

    static Stream<Object> values() {
        return Stream.of(
                new TrainingMessage.IngestRequested(JOB),
                new TrainingMessage.TrainingRequested(JOB),
                new TrainingMessage.TrainingContinued(JOB, 2),
                new TrainingEvent.TrainingAccepted(JOB, "trainer-1", 2, "epoch 3", AT),
                new TrainingEvent.WeightsLoaded(
                        JOB,
                        "resnet18-imagenet",
                        List.of("conv1.weight", "bn1.weight"),
                        List.of("fc.0.weight"),
                        List.of("fc.weight"),
                        AT),
                new TrainingEvent.TrainingProgressed(JOB, 4, 20, 7, 19, 0.41, 312.5, 61.2, AT),
                new TrainingEvent.EpochCompleted(
                        JOB,
                        4,
                        20,
                        0.38,
                        ordered("validationLoss", 0.52, "validationAccuracy", 0.81),
                        true,
                        310.0,
                        58.0,
                        AT),
                new TrainingEvent.SliceCompleted(JOB, 2, "epoch 4", AT),
                new TrainingEvent.TrainingDelayed(JOB, ErrorCode.DISK_FULL, "no room left in /cache", AT),
                new TrainingEvent.IngestProgressed(JOB, 120, 3, AT),
                new TrainingEvent.DatasetReady(JOB, DATASET, 900, 3, AT),
                new TrainingEvent.TrainingSucceeded(
                        JOB, MODEL.name(), MODEL.version(), ordered("accuracy", 0.93, "macroF1", 0.92), List.of(), AT),
                new TrainingEvent.TrainingFailed(JOB, ErrorCode.INVALID_DATASET, "no image could be read", AT),
                new TrainingEvent.TrainingCancelled(JOB, "asked for by a person", AT),
                new ScoreEvent.ScanScored(
                        SCAN,
                        MODEL.name(),
                        MODEL.version(),
                        ordered("benign", 0.2, "cancer", 0.8),
                        "cancer",
                        0.45,
                        AT,
                        null),
                new ScoreEvent.ScanScored(
                        SCAN,
                        "glands",
                        MODEL.version(),
                        ordered("background", 0.7, "gland", 0.3),
                        "background",
                        null,
                        AT,
                        new Regions(ordered("background", 0.75, "gland", 0.25), 128, 128, "iVBORw0KGgo=")),
                new ScoreEvent.ScanScored(
                        SCAN,
                        MODEL.name(),
                        MODEL.version(),
                        ordered("benign", 0.2, "cancer", 0.8),
                        "cancer",
                        0.45,
                        true,
                        Novelty.of(12.5, 9),
                        AT,
                        null,
                        "challenger",
                        null),
                new ScoreEvent.ScanRejected(SCAN, MODEL.name(), null, ErrorCode.NOT_AN_IMAGE, "a JPEG cut short", AT),
                new ScoreEvent.ScanScored(
                        SCAN,
                        MODEL.name(),
                        MODEL.version(),
                        ordered("benign", 0.2, "cancer", 0.8),
                        "cancer",
                        null,
                        null,
                        null,
                        AT,
                        null,
                        null,
                        OBJECT),
                new ScoreEvent.ScanRejected(
                        SCAN, MODEL.name(), null, ErrorCode.SUPERSEDED, "the object was overwritten", AT, OBJECT),
                new ModelEvent.ModelPublished(MODEL, AT),
                new ModelEvent.ModelPromoted(MODEL, "champion", AT),
                new ModelEvent.ModelWithdrawn(MODEL, "trained on the wrong labels", AT),
                new ModelEvent.ModelRefused(
                        MODEL, "inference-1", ErrorCode.MODEL_NOT_VERIFIED, "golden 003.png is off by 0.2", AT),
                new ModelEvent.ModelFlagged(MODEL, JOB, AT),
                new ModelEvent.ModelDrifted(MODEL, drifted(), AT),
                new ModelEvent.TrafficChanged(MODEL.name(), AT),
                drifted(),
                new AnswerCounts(MODEL, "inference-1", AT, AT, answers()),
                new ReferenceAnswers("test", answers()),
                new ClaimTicket("scans/2026-11-20/" + SCAN, 1_234_567, "ab".repeat(32)),
                new ClaimTicket("incoming/lung-cnn/ward 3/1.png", 1_234_567, null, "cd".repeat(16), "scans"),
                new Lease("token-1", AT),
                JobState.queued(JOB, new JobState.Ingest(DATASET, "datasets/lung/2/upload"), AT),
                new Exploration(
                        DATASET,
                        ordered("train", Map.of("cancer", 3), "test", Map.of("cancer", 1)),
                        ordered("benign", 0.25, "cancer", 0.75),
                        4,
                        List.of(new Exploration.Size(96, 64, 4)),
                        List.of(0.5, 0.25, 0.75),
                        List.of(0.1, 0.2, 0.3),
                        Map.of("NOT_AN_IMAGE", 1),
                        1,
                        2,
                        3,
                        4),
                new Amendment.ScanAdded(DATASET, "cancer", Split.TRAIN, "p7", "lesion 3"),
                new Amendment.ScanRemoved(DATASET, "ab".repeat(32)),
                new Amendment.SubjectExcluded(DATASET, JOB),
                new Tombstone(JOB, List.of(0, 7), AT),
                new ExclusionNotice(JOB, DATASET, AT),
                new ExclusionPlan(JOB, "p-0007", "ab".repeat(32), true, "ada", "consent withdrawn", AT),
                new ExclusionRecord(
                        JOB,
                        "ab".repeat(32),
                        "ada",
                        "consent withdrawn",
                        true,
                        AT,
                        List.of(new ExclusionRecord.Held(DATASET, 2)),
                        1,
                        List.of(MODEL),
                        List.of(JOB),
                        List.of(new ExclusionRecord.Retained("scores", "answers by scan id", AT))),
                new ExclusionOutcome(
                        List.of(DATASET), 2, 1, List.of(MODEL), List.of(JOB), List.of(JOB), List.of("none"), AT),
                JobState.queued(JOB, new JobState.Training(MODEL.name(), DATASET, recipe()), AT)
                        .claimed(new JobState.Owner("token-1", "trainer-1"), true, AT)
                        .checkpointed("jobs/x/checkpoints/token-1/0001/", "epoch 4", AT),
                new Sweep(
                        JOB,
                        "lung-sweep",
                        List.of(new Sweep.Run(
                                JOB,
                                Map.of("optimizer.learningRate", new DoubleNode(0.01)),
                                0,
                                new JobState.Training("lung-sweep", DATASET, recipe()))),
                        AT),
                manifest(),
                maskedManifest(),
                new AliasState(
                        MODEL.version(),
                        "gate",
                        "the champion is better",
                        ordered("accuracy", 0.93, "images", 300.0),
                        AT,
                        AliasState.Decision.REFUSED,
                        "20261101-080000-0a1b2c3d",
                        List.of(new RuleOutcome(
                                "atLeast/sensitivity", 0.8, 0.9, false, "sensitivity 0.8 is not at least 0.9"))),
                new Withdrawal("ada", "trained on the wrong labels", AT),
                new TrafficState(
                        List.of(new TrafficState.Arm("champion", 0.9), new TrafficState.Arm("challenger", 0.1)),
                        List.of("candidate"),
                        "ada",
                        "sees small lesions",
                        AT),
                new TrafficState(
                        List.of(new TrafficState.Arm("champion", 1)),
                        List.of(new TrafficState.Rule("x-scanstream-ward", "ward 3", "challenger")),
                        List.of(),
                        "ada",
                        "",
                        AT),
                new GateDecision(
                        MODEL,
                        "20261101-080000-0a1b2c3d",
                        false,
                        "the champion is better",
                        ordered("images", 300.0, "championAccuracy", 0.93),
                        AT,
                        List.of(new RuleOutcome(
                                "atLeast/sensitivity", 0.8, 0.9, false, "sensitivity 0.8 is not at least 0.9"))),
                new Golden(List.of(
                        new Golden.Case("000.png", List.of(-1.5, 2.5), List.of(0.018, 0.982), "cancer", 3.5, null))),
                new Golden(List.of(new Golden.Case(
                        "000.png", List.of(-1.5, 2.5), List.of(0.4, 0.6), "gland", null, "000.mask.png"))),
                card(),
                maskMetrics());
    }

    @ParameterizedTest
    @MethodSource("values")
    void isWrittenAsInItsSample(Object value) throws IOException {
        JsonNode written = Json.mapper().readTree(Json.bytes(value));

        assertThat(written).as(Json.text(value)).isEqualTo(sample(value));
    }

    @ParameterizedTest
    @MethodSource("values")
    void isReadBackFromItsSampleEvenWithUnknownFields(Object value) throws IOException {
        JsonNode sample = sample(value);
        ((com.fasterxml.jackson.databind.node.ObjectNode) sample).put("fieldOfANewerVersion", 1);

        Object read = Json.read(Json.bytes(sample), value.getClass());

        assertThat(read).isEqualTo(value);
    }

    @Test
    void everyMessageHasASample() {
        Set<Class<?>> covered = values().map(Object::getClass).collect(Collectors.toSet());

        for (Class<?> family : List.of(
                TrainingMessage.class, TrainingEvent.class, ScoreEvent.class, ModelEvent.class, Amendment.class)) {
            assertThat(covered).containsAll(members(family));
        }
    }

    @Test
    void everySealedFamilyNamesAllItsMembers() {
        for (Class<?> family : List.of(
                TrainingMessage.class,
                TrainingEvent.class,
                ScoreEvent.class,
                ModelEvent.class,
                JobState.Work.class,
                Amendment.class,
                Augmentation.class,
                Loss.class,
                Optimizer.class,
                Schedule.class)) {
            assertThat(Arrays.stream(family.getAnnotation(JsonSubTypes.class).value())
                            .map(JsonSubTypes.Type::value))
                    .as(family.getName())
                    .containsExactlyInAnyOrderElementsOf(members(family));
        }
    }

    /** The records of a sealed family. */
    private static List<Class<?>> members(Class<?> family) {
        return Arrays.stream(family.getPermittedSubclasses())
                .flatMap(member -> member.isSealed() ? members(member).stream() : Stream.of(member))
                .<Class<?>>map(member -> member)
                .toList();
    }

    @Test
    void onnxMetadataSurvivesItsProperties() {
        OnnxMetadata metadata = new OnnxMetadata(
                Task.CLASSIFICATION,
                List.of("benign", "cancer"),
                "cancer",
                Preprocessing.stretched(96, 64, 3),
                4,
                "cd".repeat(32),
                "scanstream");

        assertThat(OnnxMetadata.fromProperties(metadata.toProperties())).isEqualTo(metadata);
        assertThat(metadata.toProperties())
                .containsEntry(
                        "scanstream.preprocessing",
                        "{\"widthPx\":96,\"heightPx\":64,\"channels\":3,\"resize\":\"stretch\","
                                + "\"interpolation\":\"bilinear\",\"sixteenBit\":\"scale\"}");
    }

    private static DriftState drifted() {
        return new DriftState(List.of(new DriftFigure("probability/cancer", 0.75, 0.25)), 400, AT, AT);
    }

    private static AnswerHistogram answers() {
        AnswerTally tally = new AnswerTally(List.of("benign", "cancer"), 9.0);
        tally.add(new double[] {0.2, 0.8}, 1, 12.5);
        return tally.histogram();
    }

    private static Recipe recipe() {
        return RecipeReader.read("""
                name: lung-cnn
                about: a sample
                data: {widthPx: 64, heightPx: 64, positiveClass: cancer}
                network: {architecture: resnet18}
                augmentation: [{type: horizontalFlip}, {type: rotation, degrees: 10}]
                optimizer: {type: adamW, learningRate: 0.001}
                schedule: {type: cosine, warmupEpochs: 1}
                training: {epochs: 20, batchSize: 32, seed: 7}
                """.getBytes(StandardCharsets.UTF_8));
    }

    private static Manifest maskedManifest() {
        return new Manifest(
                new DatasetVersion("glands", 1),
                List.of("background", "gland"),
                List.of(0, 255),
                List.of(new Manifest.Entry(
                        "train/images/1.png",
                        "aa".repeat(32),
                        5,
                        null,
                        Split.TRAIN,
                        null,
                        null,
                        null,
                        new Manifest.Mask("train/masks/1.png", "bb".repeat(32)),
                        new Likeness("0c".repeat(18)),
                        Map.of("stain", "H&E"))),
                List.of(),
                List.of(new Manifest.NearDuplicate("train/images/1.png", "test/images/7.png", 9)),
                AT);
    }

    private static Manifest manifest() {
        return new Manifest(
                DATASET,
                List.of("benign", "cancer"),
                List.of(
                        new Manifest.Entry(
                                "train/benign/1.png", "aa".repeat(32), 5, "benign", Split.TRAIN, null, "p1", null),
                        new Manifest.Entry(
                                "test/cancer/2.png", "bb".repeat(32), 6, "cancer", Split.TEST, "s9", null, null)),
                List.of(new Manifest.Rejected("train/benign/x.txt", ErrorCode.NOT_AN_IMAGE, "a text")),
                AT);
    }

    private static Metrics maskMetrics() {
        Metrics merged = new Metrics(
                2, 1, 1, 0.1, null, List.of(), List.of(List.of(8L)), 1.0, null, null, null, Map.of(), List.of());
        Metrics metrics = new Metrics(
                2,
                0.625,
                0.6,
                0.4,
                null,
                List.of(new Metrics.PerClass("gland", 3, 0.5, 0.6, 0.55, 0.6, null, null)),
                List.of(List.of(3L, 2L), List.of(1L, 2L)),
                0.63,
                null,
                new Metrics.Segmentation(
                        0.58, 0.42, 0.57, 0.4, List.of(new Metrics.Overlap("gland", 0.58, 0.42, 0.57, 0.4))),
                null,
                Map.of(),
                List.of());
        return metrics.withMerged(merged).withSubgroups(List.of(new Metrics.Subgroup("site", "north", merged)));
    }

    private static ModelCard card() {
        Metrics metrics = new Metrics(
                4,
                0.75,
                0.733,
                0.5,
                0.9,
                List.of(
                        new Metrics.PerClass("benign", 2, 1, 0.5, 0.667, 1.0, 0.83, 0.9),
                        new Metrics.PerClass("cancer", 2, 0.667, 1, 0.8, 0.5, 0.95, 0.9)),
                List.of(List.of(1L, 1L), List.of(0L, 2L)),
                0.75,
                0.95,
                null,
                null,
                Map.of("accuracy", new Interval(0.5, 1)),
                List.of());
        return new ModelCard(
                ModelCard.SCHEMA_VERSION,
                MODEL.name(),
                MODEL.version(),
                Task.CLASSIFICATION,
                List.of("benign", "cancer"),
                "cancer",
                0.25,
                new Calibration(
                        1.5,
                        new Calibration.Reliability(0.5, 0.12, 0.06),
                        new Calibration.Reliability(0.45, 0.07, 0.06)),
                new OperatingPoint(
                        new OperatingRule.Sensitivity(0.95),
                        0.25,
                        new OperatingPoint.Rates(40, 60, 0.975, 0.8),
                        new OperatingPoint.Expected(0.951, new Interval(0.85, 1)),
                        new OperatingPoint.Rates(2, 2, 1.0, 0.5)),
                new Referral(
                        0.9,
                        0.7,
                        new Referral.Kept(0.8, 0.91),
                        new Referral.Kept(0.75, 1.0),
                        List.of(new Referral.Kept(0.5, 1.0), new Referral.Kept(1, 0.75))),
                new NoveltyGuard(9, 0.01, 700, new NoveltyGuard.Flagged(100, 1), new NoveltyGuard.Flagged(200, 3)),
                Preprocessing.stretched(64, 64, 3),
                Map.of("test", metrics),
                DATASET,
                "ef".repeat(32),
                ordered("train", 700, "test", 200),
                recipe(),
                "ab".repeat(32),
                7,
                12,
                123_456,
                2e-6,
                List.of(),
                Map.of("libtorch", "2.7.1"),
                JOB,
                ModelCard.RESEARCH_USE_ONLY,
                AT);
    }

    private static <V> Map<String, V> ordered(String first, V one, String second, V two) {
        Map<String, V> map = new LinkedHashMap<>();
        map.put(first, one);
        map.put(second, two);
        return map;
    }

    private static JsonNode sample(Object value) throws IOException {
        String name = value.getClass().getSimpleName();
        if (value instanceof JobState state) {
            name += "-" + state.work().getClass().getSimpleName();
        } else if (value instanceof Manifest manifest && manifest.task() == Task.SEGMENTATION) {
            name += "-Masks";
        } else if (value instanceof ScoreEvent.ScanScored scored && scored.regions() != null) {
            name += "-Regions";
        } else if (value instanceof ScoreEvent.ScanScored scored && scored.arm() != null) {
            name += "-Arm";
        } else if (value instanceof ScoreEvent event && event.source() != null) {
            name += "-Arrival";
        } else if (value instanceof ClaimTicket ticket && ticket.etag() != null) {
            name += "-Arrival";
        } else if (value instanceof Golden golden && golden.cases().get(0).maskFile() != null) {
            name += "-Masks";
        } else if (value instanceof TrafficState traffic && !traffic.rules().isEmpty()) {
            name += "-Rules";
        }
        try (InputStream in = WireFormatTest.class.getResourceAsStream("/golden/" + name + ".json")) {
            assertThat(in).as("golden/" + name + ".json").isNotNull();
            return Json.mapper().readTree(in);
        }
    }
}
