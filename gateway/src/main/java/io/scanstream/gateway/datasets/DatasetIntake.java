package io.scanstream.gateway.datasets;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Amendment;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.training.TrainingMessage;
import io.scanstream.gateway.jobs.JobBoard;
import io.scanstream.gateway.messaging.Outbox;
import io.scanstream.gateway.problems.RequestRefused;
import io.scanstream.gateway.requests.RequestBody;
import io.scanstream.gateway.requests.Turnstile;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Journal;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Takes uploads in: to the store, then to a trainer. */
public final class DatasetIntake {
    private static final Logger LOG = Logger.getLogger(DatasetIntake.class);
    /** A tar's magic is at 257, in its first header of 512 bytes (POSIX.1-1988, ustar). */
    private static final int TAR_HEADER_BYTES = 512;

    private static final int TAR_MAGIC_AT = 257;
    /** What the trainer decodes at most. */
    private static final long MOST_SCAN_BYTES = 64L << 20;

    private final Datasets datasets;
    private final Jobs jobs;
    private final JobBoard board;
    private final Outbox requests;
    private final long maxBytes;
    private final Turnstile turnstile;

    /**
     * Takes uploads in up to a limit.
     *
     * @param requests writes to {@code training.requests}
     * @param turnstile for uploads
     */
    public DatasetIntake(
            Datasets datasets, Jobs jobs, JobBoard board, Outbox requests, long maxBytes, Turnstile turnstile) {
        this.maxBytes = maxBytes;
        this.turnstile = turnstile;
        this.datasets = datasets;
        this.jobs = jobs;
        this.board = board;
        this.requests = requests;
    }

    /**
     * Spools an upload as the next version and asks for its ingest. An upload that breaks off leaves nothing behind.
     *
     * @param declaredBytes what the client says of its size; -1 if nothing
     * @throws RequestRefused 415 for what does not begin like an archive, 413 above the limit
     */
    DatasetVersion accept(String name, InputStream body, long declaredBytes) {
        Names.require("dataset.name", name);
        RequestBody upload = new RequestBody(body, declaredBytes, maxBytes, "upload");
        byte[] head = upload.next(TAR_HEADER_BYTES);
        requireArchive(head);
        return turnstile.pass(() -> spool(name, head, upload, null));
    }

    /**
     * Spools a scan and asks for a next version that has it.
     *
     * @throws ScanstreamException {@code CONFLICT} if another version is being made
     */
    DatasetVersion add(Amendment.ScanAdded added, InputStream body, long declaredBytes) {
        RequestBody upload = new RequestBody(body, declaredBytes, Math.min(maxBytes, MOST_SCAN_BYTES), "scan");
        byte[] first = upload.next(1);
        if (first.length == 0) {
            throw RequestRefused.invalid("The body is empty; expected an image.");
        }
        return turnstile.pass(() -> spool(added.base().name(), first, upload, added));
    }

    /**
     * Asks for a next version that does not have a scan.
     *
     * @throws ScanstreamException {@code CONFLICT} if another version is being made
     */
    DatasetVersion remove(Amendment.ScanRemoved removed) {
        return amend(removed);
    }

    /**
     * Asks for a next version that does not have what fell to an exclusion.
     *
     * @throws ScanstreamException {@code CONFLICT} if another version is being made
     */
    public DatasetVersion exclude(Amendment.SubjectExcluded excluded) {
        return amend(excluded);
    }

    private DatasetVersion amend(Amendment amendment) {
        RequestBody nothing = new RequestBody(InputStream.nullInputStream(), 0, maxBytes, "nothing");
        return spool(amendment.base().name(), new byte[0], nothing, amendment);
    }

    /** Of two amendments at once the later one would lose the earlier one's scan. */
    private void requireNewest(DatasetVersion version, DatasetVersion base) {
        for (DatasetVersion other : datasets.versions(version.name())) {
            boolean between = other.version() > base.version() && other.version() < version.version();
            boolean failed = datasets.ingestJob(other)
                    .flatMap(board::find)
                    .map(state -> state.status().ended() && state.status() != JobStatus.SUCCEEDED)
                    .orElse(false);
            if (between && !failed) {
                throw new ScanstreamException(
                        ErrorCode.CONFLICT,
                        "Version " + other + " has come after " + base + ". Wait until it is ready, then ask again.");
            }
        }
    }

    private DatasetVersion spool(String name, byte[] head, RequestBody upload, @Nullable Amendment amendment) {
        JobId job = JobId.next();
        DatasetVersion version = datasets.reserve(name, job);
        boolean queued = false;
        try {
            if (amendment != null) {
                requireNewest(version, amendment.base());
            }
            String key = upload.whileReading(() ->
                    datasets.writeUpload(version, new SequenceInputStream(new ByteArrayInputStream(head), upload)));
            JobState state = JobState.queued(job, new JobState.Ingest(version, key, amendment), Instant.now());
            jobs.journal(job).append(0, state);
            board.put(job, new Journal.Entry<>(1, state));
            queued = true;
        } finally {
            if (!queued) {
                release(version);
            }
        }
        requests.nudge(job.toString(), new TrainingMessage.IngestRequested(job));
        return version;
    }

    private void release(DatasetVersion version) {
        try {
            datasets.release(version);
        } catch (RuntimeException e) {
            LOG.warnf("data set %s: its upload broke off and its number could not be given back: %s", version, e);
        }
    }

    private static void requireArchive(byte[] head) {
        if (head.length == 0) {
            throw RequestRefused.invalid(
                    "The body is empty; expected a zip, a tar.gz or a tar of a data set's folder.");
        }
        boolean zip = startsWith(head, 0, 'P', 'K', 3, 4) || startsWith(head, 0, 'P', 'K', 5, 6);
        boolean gzip = startsWith(head, 0, 0x1f, 0x8b);
        boolean tar = startsWith(head, TAR_MAGIC_AT, 'u', 's', 't', 'a', 'r');
        if (!zip && !gzip && !tar) {
            String begins = new String(Arrays.copyOf(head, Math.min(8, head.length)), StandardCharsets.ISO_8859_1)
                    .replaceAll("[^\\x20-\\x7e]", "?");
            throw new RequestRefused(
                    415,
                    ErrorCode.INVALID_REQUEST,
                    "The body begins with '" + begins + "', not like a zip, a gzip or a tar. Pack the data set's folder"
                            + " into one of these.");
        }
    }

    private static boolean startsWith(byte[] bytes, int at, int... magic) {
        if (bytes.length < at + magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((bytes[at + i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
