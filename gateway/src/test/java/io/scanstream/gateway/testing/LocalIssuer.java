package io.scanstream.gateway.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.scanstream.contracts.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** An issuer of tokens on the loopback address: its key, its documents, and tokens that it would or would not make. */
public final class LocalIssuer implements QuarkusTestResourceLifecycleManager {
    public static final String AUDIENCE = "scanstream";
    private static final String KEY_ID = "test";
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
    private static final KeyPair KEY = newKey();
    private static final KeyPair ANOTHER_KEY = newKey();

    private static volatile String address = "";
    /** Requests for the address that a token names as its key's. */
    private static final AtomicInteger BAIT_TAKEN = new AtomicInteger();

    private HttpServer server;

    private static KeyPair newKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Map<String, String> start() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        address = "http://127.0.0.1:" + server.getAddress().getPort() + "/issuer";
        server.createContext(
                "/issuer/.well-known/openid-configuration",
                http -> answer(http, Map.of("issuer", address, "jwks_uri", address + "/keys")));
        server.createContext("/issuer/keys", http -> answer(http, Map.of("keys", List.of(jwk(KEY)))));
        server.createContext("/bait", http -> {
            BAIT_TAKEN.incrementAndGet();
            answer(http, Map.of("keys", List.of(jwk(ANOTHER_KEY))));
        });
        server.start();
        return Map.of(
                "quarkus.oidc.auth-server-url",
                address,
                "quarkus.oidc.token.audience",
                AUDIENCE,
                "quarkus.oidc.roles.role-claim-path",
                "roles");
    }

    private static void answer(HttpExchange http, Object body) throws IOException {
        byte[] json = Json.bytes(body);
        http.getResponseHeaders().add("Content-Type", "application/json");
        http.sendResponseHeaders(200, json.length);
        http.getResponseBody().write(json);
        http.close();
    }

    private static Map<String, Object> jwk(KeyPair pair) {
        RSAPublicKey key = (RSAPublicKey) pair.getPublic();
        return Map.of(
                "kty",
                "RSA",
                "kid",
                KEY_ID,
                "use",
                "sig",
                "alg",
                "RS256",
                "n",
                BASE64.encodeToString(unsigned(key.getModulus())),
                "e",
                BASE64.encodeToString(unsigned(key.getPublicExponent())));
    }

    private static byte[] unsigned(BigInteger number) {
        byte[] bytes = number.toByteArray();
        return bytes[0] == 0 ? java.util.Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
    }

    /** How often somebody asked the address that a forged token named for a key. */
    public static int baitTaken() {
        return BAIT_TAKEN.get();
    }

    /** A good token of a user with roles. */
    public static String token(String user, String... roles) {
        return sign(header("RS256"), claims(user, roles), KEY);
    }

    /** One that has run out. */
    public static String expired(String user, String... roles) {
        Map<String, Object> claims = claims(user, roles);
        claims.put("exp", Instant.now().minus(Duration.ofMinutes(10)).getEpochSecond());
        return sign(header("RS256"), claims, KEY);
    }

    /** One with another claim. */
    public static String with(String claim, Object value, String user, String... roles) {
        Map<String, Object> claims = claims(user, roles);
        claims.put(claim, value);
        return sign(header("RS256"), claims, KEY);
    }

    /** One that somebody else signed, with the issuer's key id. */
    public static String signedByAnother(String user, String... roles) {
        return sign(header("RS256"), claims(user, roles), ANOTHER_KEY);
    }

    /** One that somebody else signed, and that says where the key is. */
    public static String withKeyAddress(String user, String... roles) {
        Map<String, Object> header = header("RS256");
        header.put("kid", "another");
        header.put("jku", address.replace("/issuer", "/bait"));
        header.put("x5u", address.replace("/issuer", "/bait"));
        header.put("jwk", jwk(ANOTHER_KEY));
        return sign(header, claims(user, roles), ANOTHER_KEY);
    }

    /** One without a signature. */
    public static String unsigned(String user, String... roles) {
        return text(header("none")) + "." + text(claims(user, roles)) + ".";
    }

    /** One that takes the public key for a shared secret. */
    public static String signedWithPublicKey(String user, String... roles) {
        String content = text(header("HS256")) + "." + text(claims(user, roles));
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(KEY.getPublic().getEncoded(), "HmacSHA256"));
            return content + "." + BASE64.encodeToString(mac.doFinal(content.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A good token whose roles were changed after it was signed. */
    public static String tampered(String user, String role) {
        String[] parts = token(user).split("\\.", -1);
        return parts[0] + "." + text(claims(user, role)) + "." + parts[2];
    }

    private static Map<String, Object> header(String algorithm) {
        return new LinkedHashMap<>(Map.of("alg", algorithm, "typ", "JWT", "kid", KEY_ID));
    }

    private static Map<String, Object> claims(String user, String... roles) {
        Instant now = Instant.now();
        return new LinkedHashMap<>(Map.of(
                "iss",
                address,
                "aud",
                AUDIENCE,
                "sub",
                "id-of-" + user,
                "preferred_username",
                user,
                "roles",
                List.of(roles),
                "iat",
                now.getEpochSecond(),
                "exp",
                now.plus(Duration.ofMinutes(10)).getEpochSecond()));
    }

    private static String sign(Map<String, Object> header, Map<String, Object> claims, KeyPair key) {
        String content = text(header) + "." + text(claims);
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

    @Override
    public void stop() {
        server.stop(0);
    }
}
