package io.scanstream.contracts.consent;

import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.ModelVersion;
import java.time.Instant;
import java.util.List;

/**
 * What an exclusion has done, {@code exclusions/<id>/after.json}: the second half of its audit record, never changed.
 *
 * @param successors the newest version of each data set that held scans of the subject; none of them does
 * @param blobsDeleted originals and masks that are not in the store any more
 * @param blobsShared those that stay, since entries of others have the same bytes
 * @param flagged the models that carry a notice
 * @param cleared jobs whose private files and checkpoints were deleted
 * @param retrainings the trainings that were asked for
 * @param remarks what could not be done, and why, for people
 */
public record ExclusionOutcome(
        List<DatasetVersion> successors,
        int blobsDeleted,
        int blobsShared,
        List<ModelVersion> flagged,
        List<JobId> cleared,
        List<JobId> retrainings,
        List<String> remarks,
        Instant at) {
    public ExclusionOutcome {
        successors = List.copyOf(successors);
        flagged = List.copyOf(flagged);
        cleared = List.copyOf(cleared);
        retrainings = List.copyOf(retrainings);
        remarks = List.copyOf(remarks);
    }
}
