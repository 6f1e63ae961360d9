package io.scanstream.gateway.drift;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.AnswerCounts;
import io.scanstream.contracts.model.AnswerHistogram;
import io.scanstream.contracts.model.ModelVersion;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What each version answered in the last hours, on all instances together. Counts are kept in parts of the window, and a part
 * leaves it as a whole; so memory grows neither with scans nor with instances, and of versions the ones that were heard of last
 * are kept. Thread-safe.
 */
public final class AnswerWindow {
    private static final int PARTS = 48;
    private static final int MOST_VERSIONS = 500;
    /** A clock that is further ahead than this would make a part that stays. */
    private static final Duration FURTHEST_AHEAD = Duration.ofHours(1);

    private final long partMillis;
    private final Clock clock;
    private final Map<ModelVersion, NavigableMap<Long, Answered>> parts = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ModelVersion, NavigableMap<Long, Answered>> eldest) {
            return size() > MOST_VERSIONS;
        }
    };

    /** Answers that were given between two moments. */
    record Answered(AnswerHistogram answers, Instant since, Instant until) {
        Answered plus(Answered other) {
            return new Answered(
                    answers.plus(other.answers),
                    since.isBefore(other.since) ? since : other.since,
                    until.isAfter(other.until) ? until : other.until);
        }
    }

    /** Nothing is known yet. */
    public AnswerWindow(Duration window, Clock clock) {
        this.partMillis = Math.max(1, window.toMillis() / PARTS);
        this.clock = clock;
    }

    /**
     * Takes in what an instance counted.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} if it does not add to what others have counted of the version
     */
    public synchronized void saw(AnswerCounts counts) {
        long part = counts.at().toEpochMilli() / partMillis;
        if (part < oldest() || counts.at().isAfter(clock.instant().plus(FURTHEST_AHEAD))) {
            return;
        }
        Answered fresh = new Answered(counts.answers(), counts.since(), counts.at());
        try {
            NavigableMap<Long, Answered> known = parts.computeIfAbsent(counts.model(), version -> new TreeMap<>());
            known.headMap(oldest()).clear();
            if (!known.isEmpty()) {
                // Also where it is the first of its part: what cannot be added later must not come in now.
                known.firstEntry().getValue().answers().requireAdds(counts.answers());
            }
            known.merge(part, fresh, Answered::plus);
        } catch (IllegalArgumentException e) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "counts of " + counts.model() + ": " + e.getMessage(), e);
        }
    }

    private long oldest() {
        return clock.millis() / partMillis - PARTS;
    }

    /** What a version answered; empty if nothing. */
    synchronized Optional<Answered> of(ModelVersion version) {
        NavigableMap<Long, Answered> known = parts.get(version);
        return known == null
                ? Optional.empty()
                : known.tailMap(oldest()).values().stream().reduce(Answered::plus);
    }

    /** The versions that were heard of. */
    synchronized List<ModelVersion> versions() {
        return List.copyOf(parts.keySet());
    }
}
