package io.scanstream.gateway.testing;

import io.quarkus.test.junit.QuarkusTestProfile;
import io.scanstream.access.Role;
import io.scanstream.contracts.Hashes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The gateway with its gate on: a key for each role, tokens of {@link LocalIssuer}, and limits that no test meets by chance. */
public class SecuredGateway implements QuarkusTestProfile {
    /** The key of the caller that has only this role. */
    public static String key(Role role) {
        return "a-key-of-the-" + role.text() + "-0123456789abcdef0123456789abcdef";
    }

    @Override
    public Map<String, String> getConfigOverrides() {
        String keys = Arrays.stream(Role.values())
                .map(role -> role.text() + " " + Hashes.sha256(key(role).getBytes(StandardCharsets.UTF_8)) + " "
                        + role.text())
                .collect(Collectors.joining(";"));
        return Map.of(
                "scanstream.security.mode", "on",
                "scanstream.security.keys", keys,
                "scanstream.security.writes-per-second", "100000",
                "scanstream.security.scores-per-second", "100000");
    }

    @Override
    public List<TestResourceEntry> testResources() {
        return List.of(new TestResourceEntry(LocalIssuer.class));
    }
}
