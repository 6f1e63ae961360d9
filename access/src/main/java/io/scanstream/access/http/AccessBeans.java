package io.scanstream.access.http;

import io.micrometer.core.instrument.config.MeterFilter;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.scanstream.access.AccessRules;
import io.scanstream.access.KeyRing;
import io.scanstream.contracts.ScanstreamException;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;

/** Makes the gate's parts, and refuses to start a service that would let nobody in, or anybody. */
final class AccessBeans {
    private static final String AUDIENCE = "quarkus.oidc.token.audience";

    @Produces
    @Singleton
    KeyRing keys(SecuritySettings settings, Config config) {
        if (settings.mode() == SecuritySettings.Mode.OFF) {
            return new KeyRing("", null);
        }
        KeyRing keys;
        try {
            keys = new KeyRing(settings.keys().orElse(""), settings.keysFile().orElse(null));
        } catch (ScanstreamException e) {
            throw new ConfigurationException(e.getMessage(), e);
        }
        boolean hasIssuer = takesTokens(config);
        if (keys.isEmpty() && !hasIssuer && settings.keysFile().isEmpty()) {
            throw new ConfigurationException(
                    "scanstream.security.mode is on, and nobody could be let in: there are no API keys and there is no"
                            + " issuer of tokens. Set SCANSTREAM_SECURITY_KEYS_FILE (lines of NAME SHA256-HEX ROLE), or"
                            + " QUARKUS_OIDC_AUTH_SERVER_URL with QUARKUS_OIDC_TOKEN_AUDIENCE. On a machine of your own:"
                            + " SCANSTREAM_SECURITY_MODE=off.");
        }
        if (hasIssuer && text(config, AUDIENCE).isEmpty()) {
            throw new ConfigurationException("There is an issuer of tokens and no " + AUDIENCE
                    + ": tokens that it makes for others would count here. Set QUARKUS_OIDC_TOKEN_AUDIENCE to what its"
                    + " tokens for this service have as aud ('any' if they have none).");
        }
        return keys;
    }

    @Produces
    @Singleton
    MeterFilter uriTags(AccessRules rules) {
        return new UriTags(rules);
    }

    /** Whether bearer tokens are looked at. */
    static boolean takesTokens(Config config) {
        return config.getOptionalValue(IssuerSwitch.ENABLED, Boolean.class).orElse(false);
    }

    private static Optional<String> text(Config config, String name) {
        return config.getOptionalValue(name, String.class).filter(value -> !value.isBlank());
    }
}
