package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.TrafficState;
import io.scanstream.contracts.scoring.RoutingHeaders;
import io.scanstream.contracts.scoring.ScanId;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How the scans of each model are split and shadowed, as the store said when it was last looked at. Thread-safe. */
public final class TrafficRules {
    private volatile @Nullable Map<String, TrafficState> byModel;

    void update(Map<String, TrafficState> newest) {
        byModel = Map.copyOf(newest);
    }

    /**
     * The alias that answers a scan which names neither version nor alias: that of the first rule that its headers meet,
     * else the arm of its id.
     *
     * @param scan absent: it has no id, and no arm
     * @return empty: the champion, as the model's scans are not split
     * @throws ScanstreamException {@code STORE_UNAVAILABLE} while the store has not been read once: guessing would send the
     *     same scan here and elsewhere to different versions
     */
    public Optional<String> armOf(String model, @Nullable ScanId scan, RoutingHeaders.Values headers) {
        Map<String, TrafficState> rules = byModel;
        if (rules == null) {
            throw new ScanstreamException(
                    ErrorCode.STORE_UNAVAILABLE, "how the scans of model " + model + " are split was not read yet.");
        }
        return Optional.ofNullable(rules.get(model)).flatMap(split -> split.armOf(headers)
                .or(() -> scan == null ? Optional.empty() : split.armOf(model, scan)));
    }

    /** Every alias that a rule names. */
    Set<ModelRef> aliases() {
        Map<String, TrafficState> rules = byModel;
        Set<ModelRef> all = new HashSet<>();
        if (rules != null) {
            rules.forEach((model, split) -> {
                split.arms().forEach(arm -> all.add(new ModelRef(model, null, arm.alias())));
                split.rules().forEach(rule -> all.add(new ModelRef(model, null, rule.alias())));
                split.shadow().forEach(alias -> all.add(new ModelRef(model, null, alias)));
            });
        }
        return all;
    }

    /** The aliases whose versions score each scan of a model besides. */
    public List<String> shadowsOf(String model) {
        Map<String, TrafficState> rules = byModel;
        TrafficState split = rules == null ? null : rules.get(model);
        return split == null ? List.of() : split.shadow();
    }
}
