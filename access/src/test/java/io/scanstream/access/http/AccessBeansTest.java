package io.scanstream.access.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a service with these settings would do at its start. */
class AccessBeansTest {
    private static final String KEY = "ci " + "0".repeat(64) + " trainer";
    private static final String ISSUER = "quarkus.oidc.auth-server-url";
    private static final String AUDIENCE = "quarkus.oidc.token.audience";

    /** The settings, without what has nothing to do with a start. */
    private record Settings(Mode mode, Optional<String> keys, Optional<Path> keysFile) implements SecuritySettings {
        @Override
        public double writesPerSecond() {
            return 0;
        }

        @Override
        public double scoresPerSecond() {
            return 0;
        }

        @Override
        public Duration burst() {
            return Duration.ZERO;
        }
    }

    private static boolean hasKeys(SecuritySettings settings, Map<String, String> quarkus) {
        return !new AccessBeans().keys(settings, config(quarkus)).isEmpty();
    }

    private static SecuritySettings on(@Nullable String keys, @Nullable Path file) {
        return new Settings(SecuritySettings.Mode.ON, Optional.ofNullable(keys), Optional.ofNullable(file));
    }

    private static SmallRyeConfig config(Map<String, String> settings) {
        return new SmallRyeConfigBuilder()
                .withSources(new PropertiesConfigSource(new HashMap<>(settings), "test", 500))
                .withSources(new IssuerSwitch())
                .addDefaultInterceptors()
                .build();
    }

    @Test
    void withoutAKeyOrAnIssuerThereIsNoStartAndTheMessageSaysWhatToSet() {
        assertThatThrownBy(() -> hasKeys(on(null, null), Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("SCANSTREAM_SECURITY_KEYS_FILE")
                .hasMessageContaining("QUARKUS_OIDC_AUTH_SERVER_URL")
                .hasMessageContaining("SCANSTREAM_SECURITY_MODE=off");
    }

    @Test
    void offNeedsNothingAndKnowsNobody() {
        assertThat(hasKeys(new Settings(SecuritySettings.Mode.OFF, Optional.of(KEY), Optional.empty()), Map.of()))
                .isFalse();
    }

    @Test
    void aKeyIsEnough() {
        assertThat(hasKeys(on(KEY, null), Map.of())).isTrue();
    }

    @Test
    void aKeyThatIsNoneIsNoStart(@TempDir Path folder) {
        assertThatThrownBy(() -> hasKeys(on("rubbish", null), Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("API key 1");
        assertThatThrownBy(() -> hasKeys(on(null, folder.resolve("none")), Map.of()))
                .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void anIssuerNeedsAnAudience() {
        assertThatThrownBy(() -> hasKeys(on(null, null), Map.of(ISSUER, "https://issuer.example")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("QUARKUS_OIDC_TOKEN_AUDIENCE");
        assertThat(hasKeys(on(null, null), Map.of(ISSUER, "https://issuer.example", AUDIENCE, "scanstream")))
                .isFalse();
    }

    @Test
    void tokensAreLookedAtWhereAnIssuerIsNamedUnlessSaidOtherwise() {
        assertThat(AccessBeans.takesTokens(config(Map.of()))).isFalse();
        assertThat(AccessBeans.takesTokens(config(Map.of(ISSUER, "")))).isFalse();
        assertThat(AccessBeans.takesTokens(config(Map.of(ISSUER, "https://issuer.example"))))
                .isTrue();
        assertThat(AccessBeans.takesTokens(
                        config(Map.of(ISSUER, "https://issuer.example", IssuerSwitch.ENABLED, "false"))))
                .isFalse();
    }
}
