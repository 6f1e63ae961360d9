package io.scanstream.contracts.dataset;

import io.scanstream.contracts.job.JobId;
import java.time.Instant;
import java.util.List;

/**
 * That entries of a manifest are not to be used any more, {@code datasets/<name>/<version>/excluded/<exclusion>.json}. The
 * manifest itself stays as it was, and with it its digest; whoever reads it gets it without them.
 *
 * @param exclusion the one that they fell to
 * @param entries their positions in the manifest, from 0; what they were is not repeated here
 */
public record Tombstone(JobId exclusion, List<Integer> entries, Instant at) {
    public Tombstone {
        entries = List.copyOf(entries);
    }
}
