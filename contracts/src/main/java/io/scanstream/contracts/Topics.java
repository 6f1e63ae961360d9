package io.scanstream.contracts;

import java.time.Duration;
import java.util.List;

/**
 * The Kafka topics, their keys, partitions and retention. Names are fixed: two installations on one cluster are told
 * apart by Kafka's own means (quotas, ACLs, clusters), not by renaming.
 */
public final class Topics {
    /** Key: job id. Value: {@link io.scanstream.contracts.training.TrainingMessage}. Read by the share group. */
    public static final String TRAINING_REQUESTS = "training.requests";

    /** Key: job id. Value: {@link io.scanstream.contracts.training.TrainingEvent}. */
    public static final String TRAINING_EVENTS = "training.events";

    /** Key: scan id. Value: image bytes or a claim ticket, see {@link io.scanstream.contracts.scoring.ScanHeaders}. */
    public static final String SCANS = "scans";

    /** As {@link #SCANS}, with its own consumer and first claim on the batcher. */
    public static final String SCANS_URGENT = "scans.urgent";

    /** Key: scan id. Value: {@link io.scanstream.contracts.scoring.ScoreEvent}. Written in transactions. */
    public static final String SCORES = "scores";

    /**
     * Key: scan id. Value: {@link io.scanstream.contracts.scoring.ScoreEvent.ScanScored}, what a shadow would have answered.
     * Written at most once, after the answer on {@link #SCORES} was.
     */
    public static final String SCORES_SHADOW = "scores.shadow";

    /** Key: {@code name/version}, or the name where the model as a whole changed. Value: {@link io.scanstream.contracts.model.ModelEvent}. */
    public static final String MODEL_EVENTS = "model.events";

    /** Key: {@code name/version}. Value: {@link io.scanstream.contracts.model.AnswerCounts}. */
    public static final String MODEL_ANSWERS = "model.answers";

    /** What could not be scored, with the error in its headers. */
    public static final String SCANS_DLQ = "scans.dlq";

    /** What no trainer could read, with the error in its headers. */
    public static final String TRAINING_REQUESTS_DLQ = "training.requests.dlq";

    /** Key: bucket/key. Value: an S3 event notification in JSON, as the object store writes it. */
    public static final String SCAN_ARRIVALS = "scan.arrivals";

    /** Notifications that name no scan, with the error in their headers. */
    public static final String SCAN_ARRIVALS_DLQ = "scan.arrivals.dlq";

    /** The share group of the trainers. */
    public static final String TRAINERS_GROUP = "trainers";

    /** The consumer group of the scoring edge. */
    public static final String SCORERS_GROUP = "scorers";

    /** The consumer group of the scoring edge on {@link #SCANS_URGENT}. */
    public static final String URGENT_SCORERS_GROUP = SCORERS_GROUP + ".urgent";

    /** The consumer group that turns arrivals into scans. */
    public static final String ARRIVALS_GROUP = "arrivals";

    /**
     * One topic as an installation creates it.
     *
     * @param partitions on one machine; a cluster may have more
     */
    public record Spec(String name, int partitions, Duration retention) {}

    /** Every topic, in the order of the table in the README. */
    public static List<Spec> all() {
        Duration week = Duration.ofDays(7);
        Duration month = Duration.ofDays(30);
        return List.of(
                new Spec(TRAINING_REQUESTS, 1, month),
                new Spec(TRAINING_EVENTS, 1, month),
                new Spec(SCANS, 4, week),
                new Spec(SCANS_URGENT, 4, week),
                new Spec(SCORES, 4, week),
                new Spec(SCORES_SHADOW, 4, week),
                new Spec(MODEL_EVENTS, 1, month),
                new Spec(MODEL_ANSWERS, 1, week),
                new Spec(SCAN_ARRIVALS, 4, week),
                new Spec(SCANS_DLQ, 1, month),
                new Spec(TRAINING_REQUESTS_DLQ, 1, month),
                new Spec(SCAN_ARRIVALS_DLQ, 1, month));
    }

    private Topics() {}
}
