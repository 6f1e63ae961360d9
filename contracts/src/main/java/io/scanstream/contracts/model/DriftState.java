package io.scanstream.contracts.model;

import java.time.Instant;
import java.util.List;

/**
 * One entry of a version's journal {@code drift/<model>/<version>/<n>.json}: the highest number is how it stands. There is an
 * entry whenever the quantities that have drifted are others than before.
 *
 * @param drifted those that have, the furthest first; none: the answers are like the reference's again
 * @param scans that were compared
 * @param since when the first of them was answered
 */
public record DriftState(List<DriftFigure> drifted, long scans, Instant since, Instant at) {
    public DriftState {
        drifted = List.copyOf(drifted);
    }
}
