package io.scanstream.inference.arrivals;

import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.storage.ArrivalMarks;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Tells which arrivals below one prefix were enqueued before, for notifications that are read again long after: by then the
 * scoring edge may have forgotten their scans. What was put within the last minute it has not, so in ordinary times no mark
 * is read; while older ones come, all marks are in memory. Used by one thread.
 */
final class Enqueued {
    private static final Duration FRESH = Duration.ofMinutes(1);

    private final ArrivalMarks marks;
    private final Map<String, Set<ScanId>> files = new HashMap<>();

    Enqueued(ArrivalMarks marks) {
        this.marks = marks;
    }

    /**
     * Those of some arrivals that were.
     *
     * @throws io.scanstream.contracts.ScanstreamException {@code STORE_UNAVAILABLE} if the marks cannot be read
     */
    Set<ScanId> among(Collection<ScanId> ids) {
        Instant fresh = Instant.now().minus(FRESH);
        Set<ScanId> enqueued = new HashSet<>(ids);
        enqueued.removeIf(id -> TimeOrderedId.timeOf(id.value()).isAfter(fresh));
        if (enqueued.isEmpty()) {
            files.clear();
            return enqueued;
        }
        Collection<String> now = marks.files();
        files.keySet().retainAll(now);
        for (String file : now) {
            if (!files.containsKey(file)) {
                files.put(file, new HashSet<>(marks.read(file)));
            }
        }
        enqueued.removeIf(id -> files.values().stream().noneMatch(file -> file.contains(id)));
        return enqueued;
    }
}
