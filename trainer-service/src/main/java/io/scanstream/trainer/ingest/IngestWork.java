package io.scanstream.trainer.ingest;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Amendment;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.storage.Blobs;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import io.scanstream.trainer.exploration.Explorer;
import io.scanstream.trainer.job.Announcements;
import io.scanstream.trainer.job.Claim;
import io.scanstream.trainer.job.FaultPoint;
import io.scanstream.trainer.job.Patience;
import io.scanstream.trainer.job.Work;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Turns an upload into a data set version. It keeps no checkpoint: what was stored of an earlier run is found again by its
 * hash, and the first manifest written stands.
 */
public final class IngestWork implements Work {
    private static final Logger LOG = Logger.getLogger(IngestWork.class);

    private final Datasets datasets;
    private final Jobs jobs;
    private final Blobs blobs;
    private final IngestLimits limits;
    private final Path folder;
    private final Announcements announcements;
    private final Patience patience;
    private final Clock clock;
    private final ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());

    /**
     * Made once for all ingest jobs of a trainer.
     *
     * @param folder for the upload while it is read; made if absent
     */
    public IngestWork(
            Datasets datasets,
            Jobs jobs,
            Blobs blobs,
            IngestLimits limits,
            Path folder,
            Announcements announcements,
            Patience patience,
            Clock clock) {
        this.datasets = datasets;
        this.jobs = jobs;
        this.blobs = blobs;
        this.limits = limits;
        this.folder = folder;
        this.announcements = announcements;
        this.patience = patience;
        this.clock = clock;
    }

    @Override
    public Outcome run(Claim claim) {
        JobState.Ingest ingest = (JobState.Ingest) claim.state().work();
        DatasetVersion dataset = ingest.dataset();
        Optional<Manifest> written = patience.call(claim, () -> datasets.manifest(dataset));
        if (written.isEmpty()) {
            Manifest manifest =
                    ingest.amendment() == null ? read(claim, dataset) : amend(claim, dataset, ingest.amendment());
            patience.call(claim, () -> datasets.writeManifest(manifest));
            FaultPoint.AFTER_MANIFEST.reached();
            written = patience.call(claim, () -> datasets.manifest(dataset));
        }
        Manifest manifest = written.orElseThrow(() -> new ScanstreamException(
                ErrorCode.UNKNOWN_DATASET, "data set " + dataset + " was deleted while it was read."));
        explore(claim, manifest);
        patience.call(claim, () -> {
            datasets.deleteUpload(dataset);
            return true;
        });
        int images = (int) manifest.entries().stream()
                .filter(entry -> entry.duplicateOf() == null)
                .count();
        return new Done(
                dataset.toString(),
                new TrainingEvent.DatasetReady(
                        claim.id(), dataset, images, manifest.rejected().size(), clock.instant()));
    }

    /** After the manifest: a version can be trained on without it. */
    private void explore(Claim claim, Manifest manifest) {
        if (patience.call(claim, () -> datasets.exploration(manifest.dataset())).isPresent()) {
            return;
        }
        Explorer.Look look = Explorer.look(manifest, (path, sha256) -> patience.call(claim, () -> blobs.get(sha256)));
        patience.call(claim, () -> {
            // The page first: where there are figures, there is a page.
            jobs.writeCompanion(claim.id(), Explorer.PAGE_COMPANION, look.page().getBytes(StandardCharsets.UTF_8));
            datasets.writeExploration(look.figures());
            return true;
        });
    }

    private Manifest amend(Claim claim, DatasetVersion dataset, Amendment amendment) {
        Manifest base = patience.call(claim, () -> datasets.manifest(amendment.base()))
                .orElseThrow(() -> new ScanstreamException(
                        ErrorCode.UNKNOWN_DATASET,
                        "data set " + amendment.base() + ", which was to be amended, is not there any more."));
        if (amendment instanceof Amendment.ScanRemoved removed) {
            return Amending.remove(base, removed, dataset, clock.instant());
        }
        if (amendment instanceof Amendment.SubjectExcluded) {
            return Amending.rest(base, dataset, clock.instant());
        }
        byte[] bytes = patience.call(claim, () -> scan(dataset));
        Found scan = Examination.image("scan", bytes, decoder, keeper(claim));
        return Amending.add(base, (Amendment.ScanAdded) amendment, scan, dataset, clock.instant());
    }

    private byte[] scan(DatasetVersion dataset) {
        try (InputStream in = datasets.openUpload(dataset).orElseThrow(() -> uploadIsGone(dataset))) {
            return in.readNBytes((int)
                    Math.min(Integer.MAX_VALUE - 8, DecodeLimits.defaults().maxBytes() + 1));
        } catch (IOException e) {
            throw new ScanstreamException(
                    ErrorCode.STORE_UNAVAILABLE, "the scan for " + dataset + " broke off: " + e.getMessage(), e);
        }
    }

    private static ScanstreamException uploadIsGone(DatasetVersion dataset) {
        return new ScanstreamException(
                ErrorCode.INVALID_DATASET,
                "the upload of data set " + dataset + " is not there: it broke off, or was deleted.");
    }

    private Manifest read(Claim claim, DatasetVersion dataset) {
        try {
            Files.createDirectories(folder);
            Path upload = Files.createTempFile(folder, "upload-", ".part");
            try {
                patience.call(claim, () -> download(dataset, upload));
                return read(claim, dataset, upload);
            } finally {
                Files.deleteIfExists(upload);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("reading the upload of " + dataset + " in " + folder, e);
        }
    }

    private long download(DatasetVersion dataset, Path file) {
        try (InputStream in = datasets.openUpload(dataset).orElseThrow(() -> uploadIsGone(dataset));
                OutputStream out = Files.newOutputStream(file)) {
            long size = in.transferTo(new Bounded(out, limits));
            LOG.infof("data set %s: %d bytes to read", dataset, size);
            return size;
        } catch (IOException e) {
            throw new ScanstreamException(
                    ErrorCode.STORE_UNAVAILABLE, "the upload of " + dataset + " broke off: " + e.getMessage(), e);
        }
    }

    private Manifest read(Claim claim, DatasetVersion dataset, Path upload) throws IOException {
        ManifestBuilder manifest = new ManifestBuilder();
        try (Examination examination =
                new Examination(manifest, decoder, keeper(claim), limits::checkImages, claim::check)) {
            examination.everyFewSeconds((files, rejected) -> announcements.event(
                    new TrainingEvent.IngestProgressed(claim.id(), files, rejected, clock.instant())));
            Archive.read(upload, limits, examination);
            examination.complete();
            LOG.infof(
                    "data set %s: %d files, %d rejected, %d hidden ones passed over",
                    dataset, examination.files(), manifest.rejections(), examination.hiddenFiles());
        }
        return manifest.build(dataset, clock.instant());
    }

    private Examination.Keeper keeper(Claim claim) {
        return new Examination.Keeper() {
            @Override
            public String file(byte[] bytes) {
                return patience.call(claim, () -> blobs.put(bytes));
            }

            @Override
            public String made(byte[] png) {
                return file(png);
            }
        };
    }

    /** Refuses an upload that is larger than it may be before it fills the disk. */
    private static final class Bounded extends OutputStream {
        private final OutputStream out;
        private final IngestLimits limits;
        private long written;

        Bounded(OutputStream out, IngestLimits limits) {
            this.out = out;
            this.limits = limits;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            written += count;
            if (written > limits.maxUploadBytes()) {
                throw limits.uploadTooLarge();
            }
            try {
                out.write(bytes, from, count);
            } catch (IOException e) {
                // Ours and not the store's: told apart from a download that broke off.
                throw new UncheckedIOException("spooling an upload", e);
            }
        }
    }
}
