package io.scanstream.contracts.consent;

import io.scanstream.contracts.job.JobId;
import java.time.Instant;

/**
 * What is to be done, {@code exclusions/<id>/plan.json}: written first, so that whoever finds it can go on, and deleted last.
 *
 * @param subject as manifests have it; nowhere else is it kept in clear
 * @param subjectDigest keyed, in hex; see {@link ExclusionRecord}
 * @param retrain whether models are trained anew without the subject
 * @param actor who asked for it
 * @param reason for people; may be empty
 */
public record ExclusionPlan(
        JobId id, String subject, String subjectDigest, boolean retrain, String actor, String reason, Instant at) {}
