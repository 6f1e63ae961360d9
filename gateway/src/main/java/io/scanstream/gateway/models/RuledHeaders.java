package io.scanstream.gateway.models;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.TrafficState;
import io.scanstream.contracts.scoring.RoutingHeaders;
import io.scanstream.storage.Journal;
import io.scanstream.storage.Traffic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Which headers of a scan's request its model's traffic may look at: those whose name says so, and those that a rule names,
 * as the store said when it was last read. Thread-safe.
 */
public final class RuledHeaders {
    private static final Logger LOG = Logger.getLogger(RuledHeaders.class);

    private final Traffic traffic;
    private final Map<String, Set<String>> named = new ConcurrentHashMap<>();

    public RuledHeaders(Traffic traffic) {
        this.traffic = traffic;
    }

    /** Reads every model's rules. */
    public void refresh() {
        List<String> models = new ArrayList<>(traffic.models());
        named.keySet().retainAll(models);
        models.forEach(this::refresh);
    }

    /** Reads one model's rules; those of before hold where they cannot be read. */
    public void refresh(String model) {
        try {
            Set<String> names =
                    traffic.journal(model).head().map(Journal.Entry::value).map(TrafficState::rules).stream()
                            .flatMap(List::stream)
                            .map(TrafficState.Rule::header)
                            .collect(Collectors.toUnmodifiableSet());
            named.put(model, names);
        } catch (ScanstreamException e) {
            if (e.code().retryable()) {
                throw e;
            }
            LOG.errorf("the traffic of model %s cannot be read: %s", model, e.getMessage());
        }
    }

    /** Whether a scan of a model takes a header along; asked with names in lower case. */
    public Predicate<String> of(String model) {
        Set<String> ruled = named.getOrDefault(model, Set.of());
        return name -> ruled.contains(name) || (name.startsWith(RoutingHeaders.PREFIX) && RoutingHeaders.isName(name));
    }
}
