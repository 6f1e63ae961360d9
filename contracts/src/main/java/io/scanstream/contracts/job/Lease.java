package io.scanstream.contracts.job;

import java.time.Instant;

/**
 * The sign of life of a job's owner, {@code jobs/<id>/lease.json}, renewed beside the journal. It counts only with the
 * token that the journal's head names; an expired one lets another trainer claim the job.
 *
 * @param token the owner's
 * @param expiresAt by the owner's clock; machines' clocks are expected to agree within a small part of the lease
 */
public record Lease(String token, Instant expiresAt) {
    public boolean liveAt(Instant now) {
        return now.isBefore(expiresAt);
    }
}
