package io.scanstream.contracts.consent;

import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.ModelVersion;
import java.time.Instant;
import java.util.List;

/**
 * What an exclusion found, {@code exclusions/<id>/before.json}: the first half of its audit record, never changed.
 *
 * @param subjectDigest HMAC-SHA-256 of the subject's id with a secret of the installation, in hex: tells whether a subject was
 *     excluded to whoever knows the id and may read the secret, and nothing to anybody else
 * @param retrain whether models are trained anew without the subject
 * @param held the data set versions that have scans of the subject
 * @param keptScans scans for scoring that came with the subject's id and whose bytes are kept
 * @param models the models that were trained on any of those versions
 * @param trainings trainings on any of them that had not ended
 * @param kafka what Kafka may still hold, which cannot be deleted one by one
 */
public record ExclusionRecord(
        JobId id,
        String subjectDigest,
        String actor,
        String reason,
        boolean retrain,
        Instant at,
        List<Held> held,
        int keptScans,
        List<ModelVersion> models,
        List<JobId> trainings,
        List<Retained> kafka) {

    /**
     * A version with scans of the subject.
     *
     * @param scans entries of its manifest
     */
    public record Held(DatasetVersion dataset, int scans) {}

    /**
     * A topic whose records may be about the subject's scans.
     *
     * @param holds what they have of them, for people
     * @param until when the last of them is gone, by the retention that the topic is created with
     */
    public record Retained(String topic, String holds, Instant until) {}

    public ExclusionRecord {
        held = List.copyOf(held);
        models = List.copyOf(models);
        trainings = List.copyOf(trainings);
        kafka = List.copyOf(kafka);
    }
}
