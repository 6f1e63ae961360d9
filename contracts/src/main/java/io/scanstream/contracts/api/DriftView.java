package io.scanstream.contracts.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.scanstream.contracts.model.DriftState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a version answers in service beside what it answered when it was evaluated: {@code GET
 * /models/{name}/{version}/drift}.
 *
 * @param reference the split that the answers are compared with; absent where the package has none
 * @param referenceImages how many images it has
 * @param scans that were answered in the window
 * @param leastScans with fewer, nothing is compared
 * @param since when the first of them was answered; absent where there is none
 * @param until when the last was
 * @param quantities that were compared, the furthest first; none where there are too few scans, or no reference
 * @param history when which quantities drifted and came back, newest first
 */
public record DriftView(
        String model,
        String version,
        @Nullable String reference,
        long referenceImages,
        long scans,
        long leastScans,
        @Nullable Instant since,
        @Nullable Instant until,
        List<Quantity> quantities,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<DriftState> history) {
    /**
     * One quantity.
     *
     * @param quantity as in {@link io.scanstream.contracts.model.DriftFigure}
     * @param index the population stability index
     * @param bound above which it counts as drifted
     * @param drifted whether it does; one that did stays so until it is below four fifths of the bound
     */
    public record Quantity(String quantity, double index, double bound, boolean drifted, List<Group> groups) {
        public Quantity {
            groups = List.copyOf(groups);
        }
    }

    /**
     * A class, or a range of values.
     *
     * @param reference share of the reference's images, 0 to 1
     * @param inService share of the scans, 0 to 1
     */
    public record Group(String group, double reference, double inService) {}

    public DriftView {
        quantities = List.copyOf(quantities);
        history = history == null ? List.of() : List.copyOf(history);
    }
}
