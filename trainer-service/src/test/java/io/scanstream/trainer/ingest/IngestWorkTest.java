package io.scanstream.trainer.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.dataset.Amendment;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.dataset.Tombstone;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.trainer.RealData;
import io.scanstream.trainer.TinyImages;
import io.scanstream.trainer.job.JobDesk;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IngestWorkTest {
    @TempDir
    Path folder;

    private JobDesk desk;

    @BeforeEach
    void start() {
        desk = new JobDesk(folder);
    }

    @AfterEach
    void stop() {
        desk.close();
    }

    private JobState ingest(byte[] upload) {
        return ingest(upload, new IngestLimits(1L << 30, 1000, 1L << 30, 100));
    }

    private JobState ingest(byte[] upload, IngestLimits limits) {
        JobId id = JobId.next();
        DatasetVersion dataset = desk.datasets.reserve("d", id);
        desk.datasets.writeUpload(dataset, new ByteArrayInputStream(upload));
        IngestWork work = new IngestWork(
                desk.datasets,
                desk.jobs,
                desk.blobs,
                limits,
                folder.resolve("work"),
                desk.announcements,
                desk.patience,
                desk.clock);
        return desk.run(id, new JobState.Ingest(dataset, desk.datasets.uploadKey(dataset)), work);
    }

    private Manifest manifest(int version) {
        return desk.datasets.manifest(new DatasetVersion("d", version)).orElseThrow();
    }

    @Test
    void turnsAnUploadIntoADataSetVersion() {
        Map<String, byte[]> files = TinyImages.folders(8);
        files.put("tiny/train/dark/notes.txt", "no image".getBytes(StandardCharsets.UTF_8));
        files.put("tiny/train/dark/again.png", TinyImages.png(false, 1_000_000));
        JobState end = ingest(TinyImages.zip(files));

        assertThat(end.status()).as(end.reason()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(end.result()).isEqualTo("d/1");
        Manifest manifest = manifest(1);
        assertThat(manifest.classes()).containsExactly("bright", "dark");
        assertThat(manifest.of(Split.TRAIN)).hasSize(12);
        assertThat(manifest.of(Split.TEST)).hasSize(4);
        assertThat(manifest.rejected()).singleElement().satisfies(rejected -> {
            assertThat(rejected.path()).isEqualTo("tiny/train/dark/notes.txt");
            assertThat(rejected.code()).isEqualTo(ErrorCode.NOT_AN_IMAGE);
        });
        Manifest.Entry first = manifest.entries().get(0);
        assertThat(desk.blobs.get(first.sha256())).isEqualTo(files.get(first.path()));
        assertThat(desk.datasets.openUpload(manifest.dataset())).isEmpty();
        assertThat(desk.datasets.exploration(manifest.dataset()).orElseThrow().examined())
                .isEqualTo(16);
        assertThat(desk.jobs.companion(end.id(), "private/exploration.html")).isPresent();
        assertThat(desk.told.events())
                .last()
                .isEqualTo(new TrainingEvent.DatasetReady(end.id(), manifest.dataset(), 16, 1, desk.clock.instant()));
        assertThat(folder.resolve("work")).as("nothing is left").isEmptyDirectory();
    }

    @Test
    void failsWithTheReasonWhereNothingCanBeUsed() {
        assertThat(ingest("no archive".getBytes(StandardCharsets.UTF_8)))
                .extracting(JobState::status, JobState::errorCode)
                .containsExactly(JobStatus.FAILED, ErrorCode.INVALID_DATASET);
        assertThat(ingest(TinyImages.zip(Map.of("a/x.png", new byte[] {1, 2, 3}))))
                .satisfies(end -> {
                    assertThat(end.errorCode()).isEqualTo(ErrorCode.INVALID_DATASET);
                    assertThat(end.reason()).contains("no class").contains("a/x.png");
                });
        assertThat(ingest(TinyImages.zip(TinyImages.folders(4)), new IngestLimits(100, 1000, 1L << 30, 100)))
                .extracting(JobState::status, JobState::errorCode)
                .containsExactly(JobStatus.FAILED, ErrorCode.TOO_LARGE);
        assertThat(folder.resolve("work")).isEmptyDirectory();
    }

    @Test
    void refusesArraysOfTooManyImages() {
        byte[] images = ByteBuffer.allocate(16 + 1001)
                .putInt(0x0803)
                .putInt(1001)
                .putInt(1)
                .putInt(1)
                .array();
        byte[] labels =
                ByteBuffer.allocate(8 + 1001).putInt(0x0801).putInt(1001).array();
        JobState end =
                ingest(TinyImages.zip(Map.of("train-images-idx3-ubyte", images, "train-labels-idx1-ubyte", labels)));

        assertThat(end)
                .extracting(JobState::status, JobState::errorCode)
                .containsExactly(JobStatus.FAILED, ErrorCode.TOO_LARGE);
        assertThat(end.reason()).contains("1001 images", "1000");
    }

    private JobState amend(byte[] scan, Amendment amendment) {
        JobId id = JobId.next();
        DatasetVersion dataset = desk.datasets.reserve("d", id);
        desk.datasets.writeUpload(dataset, new ByteArrayInputStream(scan));
        IngestWork work = new IngestWork(
                desk.datasets,
                desk.jobs,
                desk.blobs,
                new IngestLimits(1L << 30, 1000, 1L << 30, 100),
                folder.resolve("work"),
                desk.announcements,
                desk.patience,
                desk.clock);
        return desk.run(id, new JobState.Ingest(dataset, desk.datasets.uploadKey(dataset), amendment), work);
    }

    @Test
    void addsAScanAndRemovesItAgain() {
        ingest(TinyImages.zip(TinyImages.folders(8)));
        Manifest before = manifest(1);
        byte[] scan = TinyImages.png(true, 77);

        JobState added = amend(scan, new Amendment.ScanAdded(before.dataset(), "bright", Split.TEST, "p1", null));

        assertThat(added.status()).as(added.reason()).isEqualTo(JobStatus.SUCCEEDED);
        Manifest more = manifest(2);
        assertThat(more.entries()).hasSize(before.entries().size() + 1).containsAll(before.entries());
        Manifest.Entry entry = more.entries().get(0);
        assertThat(entry.label()).isEqualTo("bright");
        assertThat(entry.split()).isEqualTo(Split.TEST);
        assertThat(entry.subject()).isEqualTo("p1");
        assertThat(desk.blobs.get(entry.sha256())).isEqualTo(scan);

        JobState contradicting = amend(scan, new Amendment.ScanAdded(more.dataset(), "dark", null, null, null));
        assertThat(contradicting.errorCode()).isEqualTo(ErrorCode.INVALID_DATASET);
        assertThat(contradicting.reason()).contains("bright");
        assertThat(amend(new byte[] {1, 2}, new Amendment.ScanAdded(more.dataset(), "dark", null, null, null))
                        .errorCode())
                .isEqualTo(ErrorCode.NOT_AN_IMAGE);

        JobState torn = amend(
                TinyImages.png(true, 78), new Amendment.ScanAdded(more.dataset(), "bright", Split.TRAIN, "p1", null));
        assertThat(torn.errorCode()).isEqualTo(ErrorCode.INVALID_DATASET);
        assertThat(torn.reason()).contains("subject 'p1' is in the test split").contains("not in train");

        JobState removed = amend(new byte[0], new Amendment.ScanRemoved(more.dataset(), entry.sha256()));
        assertThat(removed.status()).as(removed.reason()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(manifest(6).entries()).isEqualTo(before.entries());
        assertThat(amend(new byte[0], new Amendment.ScanRemoved(before.dataset(), entry.sha256()))
                        .errorCode())
                .isEqualTo(ErrorCode.INVALID_DATASET);
    }

    @Test
    void makesTheNextVersionOfWhatAnExclusionLeft() {
        ingest(TinyImages.zip(TinyImages.folders(8)));
        Manifest before = manifest(1);
        JobId exclusion = JobId.next();
        desk.datasets.bury(before.dataset(), new Tombstone(exclusion, List.of(0, 2), desk.clock.instant()));

        JobState made = amend(new byte[0], new Amendment.SubjectExcluded(before.dataset(), exclusion));

        assertThat(made.status()).as(made.reason()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(manifest(2).entries())
                .hasSize(before.entries().size() - 2)
                .isEqualTo(manifest(1).entries())
                .doesNotContain(before.entries().get(0), before.entries().get(2));
        assertThat(desk.datasets.wholeManifest(before.dataset())).contains(before);
    }

    @Test
    void theFirstManifestStands() {
        JobState first = ingest(TinyImages.zip(TinyImages.folders(4)));
        Manifest manifest = manifest(1);
        assertThat(desk.datasets.writeManifest(new Manifest(
                        manifest.dataset(), manifest.classes(), manifest.entries(), manifest.rejected(), first.at())))
                .isFalse();
        assertThat(manifest(1)).isEqualTo(manifest);
    }

    @Test
    void everyOddFileIsAcceptedOrRejectedWithAReason() throws IOException {
        Path odd = RealData.require("odd-images");
        Map<String, byte[]> files = new TreeMap<>(TinyImages.folders(4));
        int count = 0;
        try (Stream<Path> all = Files.list(odd)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put("tiny/train/odd/" + file.getFileName(), Files.readAllBytes(file));
                count++;
            }
        }
        JobState end = ingest(TinyImages.zip(files));

        assertThat(end.status()).as(end.reason()).isEqualTo(JobStatus.SUCCEEDED);
        Manifest manifest = manifest(1);
        long accepted = manifest.entries().stream()
                .filter(entry -> entry.label().equals("odd"))
                .count();
        assertThat(accepted + manifest.rejected().size()).isEqualTo(count);
        assertThat(accepted).isPositive();
        assertThat(manifest.rejected()).isNotEmpty().allSatisfy(rejected -> assertThat(rejected.reason())
                .isNotBlank());
    }
}
