package io.scanstream.inference;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.scanstream.contracts.Json;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tokens that the service takes by a public key which it is given, and some that it must not take. */
public final class SignedTokens implements QuarkusTestResourceLifecycleManager {
    private static final String ISSUER = "https://issuer.test";
    private static final String AUDIENCE = "scanstream";
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
    private static final KeyPair KEY = newKey();
    private static final KeyPair ANOTHER_KEY = newKey();

    private static KeyPair newKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What has a service take them. */
    @Override
    public Map<String, String> start() {
        return Map.of(
                "quarkus.oidc.public-key",
                Base64.getEncoder().encodeToString(KEY.getPublic().getEncoded()),
                "quarkus.oidc.token.issuer",
                ISSUER,
                "quarkus.oidc.token.audience",
                AUDIENCE,
                "quarkus.oidc.roles.role-claim-path",
                "roles");
    }

    @Override
    public void stop() {
        // Nothing was started.
    }

    /** A good token of a user with one role. */
    static String token(String user, String role) {
        return signed(claims(user, role), KEY);
    }

    /** Tokens that are not good, by what is wrong with them. */
    static Map<String, String> bad(String user, String role) {
        String[] good = token(user, "reader").split("\\.", -1);
        return Map.of(
                "expired",
                        with("exp", Instant.now().minus(Duration.ofMinutes(10)).getEpochSecond(), user, role),
                "not valid yet",
                        with("nbf", Instant.now().plus(Duration.ofHours(1)).getEpochSecond(), user, role),
                "of another issuer", with("iss", "https://elsewhere.test", user, role),
                "for another audience", with("aud", "somebody", user, role),
                "signed by another", signed(claims(user, role), ANOTHER_KEY),
                "unsigned", text(Map.of("alg", "none")) + "." + text(claims(user, role)) + ".",
                "tampered with", good[0] + "." + text(claims(user, role)) + "." + good[2],
                "no token", "a.b.c");
    }

    private static String with(String claim, Object value, String user, String role) {
        Map<String, Object> claims = claims(user, role);
        claims.put(claim, value);
        return signed(claims, KEY);
    }

    private static Map<String, Object> claims(String user, String role) {
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put("iss", ISSUER);
        claims.put("aud", AUDIENCE);
        claims.put("sub", "id-of-" + user);
        claims.put("preferred_username", user);
        claims.put("roles", List.of(role));
        claims.put("iat", Instant.now().getEpochSecond());
        claims.put("exp", Instant.now().plus(Duration.ofMinutes(10)).getEpochSecond());
        return claims;
    }

    private static String signed(Map<String, Object> claims, KeyPair key) {
        String content = text(Map.of("alg", "RS256", "typ", "JWT")) + "." + text(claims);
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(key.getPrivate());
            signature.update(content.getBytes(StandardCharsets.US_ASCII));
            return content + "." + BASE64.encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(Map<String, Object> json) {
        return BASE64.encodeToString(Json.bytes(json));
    }
}
