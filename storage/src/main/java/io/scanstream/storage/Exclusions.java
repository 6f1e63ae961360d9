package io.scanstream.storage;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.consent.ExclusionOutcome;
import io.scanstream.contracts.consent.ExclusionPlan;
import io.scanstream.contracts.consent.ExclusionRecord;
import io.scanstream.contracts.job.JobId;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The prefix {@code exclusions/}: what each exclusion of a subject is to do while it is under way, and its audit record, which
 * stays. Each object is created once; of several gateways that work on one exclusion the first to write stands.
 */
public final class Exclusions {
    private static final String PREFIX = "exclusions/";
    private static final String PLAN = "plan.json";
    private static final String BEFORE = "before.json";
    private static final String AFTER = "after.json";

    private final ObjectStore store;

    public Exclusions(ObjectStore store) {
        this.store = store;
    }

    public void plan(ExclusionPlan plan) {
        store.createIfAbsent(key(plan.id(), PLAN), Json.bytes(plan));
    }

    /** What is to be done; empty once it is. */
    public Optional<ExclusionPlan> plan(JobId id) {
        return store.get(key(id, PLAN)).map(json -> Json.read(json, ExclusionPlan.class));
    }

    public void before(ExclusionRecord found) {
        store.createIfAbsent(key(found.id(), BEFORE), Json.bytes(found));
    }

    public Optional<ExclusionRecord> before(JobId id) {
        return store.get(key(id, BEFORE)).map(json -> Json.read(json, ExclusionRecord.class));
    }

    /** Ends an exclusion: keeps what was done and deletes the plan, which names the subject. */
    public void complete(JobId id, ExclusionOutcome outcome) {
        store.createIfAbsent(key(id, AFTER), Json.bytes(outcome));
        store.delete(key(id, PLAN));
    }

    public Optional<ExclusionOutcome> after(JobId id) {
        return store.get(key(id, AFTER)).map(json -> Json.read(json, ExclusionOutcome.class));
    }

    /** The job that trains a model anew, the same one whoever asks. */
    public JobId retraining(JobId id, String model) {
        String key = key(id, "retrainings/" + model + ".json");
        store.createIfAbsent(key, Json.bytes(JobId.next()));
        return Json.read(store.require(key, io.scanstream.contracts.ErrorCode.INTERNAL), JobId.class);
    }

    /** What is to be done of those exclusions that are not done, oldest first. */
    public List<ExclusionPlan> underWay() {
        return store.list(PREFIX).stream()
                .map(ObjectStore.Listed::key)
                .filter(key -> key.endsWith("/" + PLAN))
                .map(store::get)
                .flatMap(Optional::stream)
                .map(json -> Json.read(json, ExclusionPlan.class))
                .sorted(Comparator.comparing(ExclusionPlan::id))
                .toList();
    }

    /** Every exclusion there is, newest first. */
    public List<JobId> list() {
        return store.children(PREFIX).stream()
                .map(JobId::of)
                .sorted(Comparator.reverseOrder())
                .toList();
    }

    private static String key(JobId id, String file) {
        return PREFIX + id + "/" + file;
    }
}
