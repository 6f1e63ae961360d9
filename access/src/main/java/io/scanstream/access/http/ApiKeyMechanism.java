package io.scanstream.access.http;

import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.scanstream.access.Caller;
import io.scanstream.access.KeyRing;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** Knows a caller by {@code Authorization: ApiKey …} or {@code X-API-Key: …}. Other schemes are left to others. */
@Singleton
public class ApiKeyMechanism implements HttpAuthenticationMechanism {
    static final String CALLER = "scanstream.caller";
    static final String SCHEME = "ApiKey";
    static final String HEADER = "X-API-Key";

    private final KeyRing keys;

    ApiKeyMechanism(KeyRing keys) {
        this.keys = keys;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(RoutingContext http, IdentityProviderManager providers) {
        String shown = shown(http.request());
        if (shown == null) {
            return Uni.createFrom().nullItem();
        }
        return keys.find(shown)
                .map(caller -> Uni.createFrom().item(identity(caller)))
                .orElseGet(() -> Uni.createFrom().failure(new AuthenticationFailedException("unknown API key")));
    }

    private static @Nullable String shown(HttpServerRequest request) {
        String key = request.getHeader(HEADER);
        if (key != null) {
            return key;
        }
        String authorization = request.getHeader("Authorization");
        int length = SCHEME.length() + 1;
        return authorization != null && authorization.regionMatches(true, 0, SCHEME + " ", 0, length)
                ? authorization.substring(length).strip()
                : null;
    }

    private static SecurityIdentity identity(Caller caller) {
        return QuarkusSecurityIdentity.builder()
                .setPrincipal(new QuarkusPrincipal(caller.name()))
                .addAttribute(CALLER, caller)
                .build();
    }

    /** The gate writes the challenge itself. */
    @Override
    public Uni<ChallengeData> getChallenge(RoutingContext http) {
        return Uni.createFrom().item(new ChallengeData(401, "WWW-Authenticate", SCHEME));
    }

    /** Before tokens: they are looked at for their own scheme only, and this costs less. */
    @Override
    public int getPriority() {
        return DEFAULT_PRIORITY + 1;
    }
}
