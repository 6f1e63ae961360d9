package io.scanstream.gateway.models;

import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.GateDecision;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Models;
import java.util.Optional;

/** What the promotion gate has said of published versions, which lies with the jobs that trained them. */
public final class GateRecords {
    private final Models models;
    private final Jobs jobs;

    public GateRecords(Models models, Jobs jobs) {
        this.models = models;
        this.jobs = jobs;
    }

    /** The decision; empty for a version that no gate has looked at, such as one that was trained without the platform. */
    Optional<GateDecision> decision(ModelVersion version) {
        return models.card(version).flatMap(card -> {
            JobId job = card.job();
            return job == null ? Optional.empty() : jobs.gateDecision(job);
        });
    }
}
