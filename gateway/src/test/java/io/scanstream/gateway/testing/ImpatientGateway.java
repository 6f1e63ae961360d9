package io.scanstream.gateway.testing;

import java.util.HashMap;
import java.util.Map;

/** A gateway with its gate on that waits for nobody, and lets each caller do few things at once. */
public final class ImpatientGateway extends SecuredGateway {
    public static final int WRITES_AT_ONCE = 10;

    @Override
    public Map<String, String> getConfigOverrides() {
        Map<String, String> settings = new HashMap<>(super.getConfigOverrides());
        settings.put("quarkus.http.read-timeout", "2s");
        settings.put("scanstream.datasets.uploads-at-a-time", "1");
        settings.put("scanstream.security.writes-per-second", "0.01");
        settings.put("scanstream.security.burst", WRITES_AT_ONCE * 100 + "s");
        return settings;
    }
}
