package io.scanstream.access.http;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.PropertiesConfigSource;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Tokens are taken where an issuer is named, and only there: Quarkus wants to be told so twice, and would not start without an
 * issuer otherwise.
 */
public final class IssuerSwitch implements ConfigSourceFactory {
    static final String ISSUER = "quarkus.oidc.auth-server-url";
    static final String PUBLIC_KEY = "quarkus.oidc.public-key";
    static final String ENABLED = "quarkus.oidc.tenant-enabled";

    /** Below the application's own file, so that everybody may overrule it. */
    private static final int ORDINAL = 150;

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        boolean named = isSet(context, ISSUER) || isSet(context, PUBLIC_KEY);
        return List.of(new PropertiesConfigSource(Map.of(ENABLED, Boolean.toString(named)), "issuer switch", ORDINAL));
    }

    private static boolean isSet(ConfigSourceContext context, String name) {
        ConfigValue value = context.getValue(name);
        return value != null && value.getValue() != null && !value.getValue().isBlank();
    }
}
