package io.scanstream.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ScanstreamException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessRulesTest {
    private static final AccessRules RULES = AccessRules.of("""
            # for people
            GET    /open/**              open
            GET    /things               reader
            GET    /things/{id}          reader
            GET    /things/events        admin
            DELETE /things/{id}          admin      deleted
            POST   /things/{id}/{part}   trainer,scorer trained
            """);

    @Test
    void ofSeveralTheOneThatNamesMostOfThePathCounts() {
        assertThat(path("GET", "/things/events")).isEqualTo("/things/events");
        assertThat(path("GET", "/things/7")).isEqualTo("/things/{id}");
        assertThat(path("DELETE", "/things/events")).isEqualTo("/things/{id}");
    }

    @Test
    void whatIsBelowIsCoveredAndWhatIsBesideIsNot() {
        assertThat(path("GET", "/open")).isEqualTo("/open/**");
        assertThat(path("GET", "/open/a/b")).isEqualTo("/open/**");
        assertThat(RULES.find("GET", "/opener")).isEmpty();
        assertThat(RULES.find("GET", "/things/7/8")).isEmpty();
        assertThat(RULES.find("PUT", "/things/7")).isEmpty();
    }

    @Test
    void aSlashAtTheEndAndHeadMakeNoDifference() {
        assertThat(path("GET", "/things/")).isEqualTo("/things");
        assertThat(path("HEAD", "/things")).isEqualTo("/things");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "things",
                "//things",
                "/things//7",
                "/things/%37",
                "/things/7;x",
                "/things/..",
                "/things/.",
                "/things/a b",
                "/open/../things",
                "/open/%2e%2e/things",
                "/things\\7",
                "/things/ü",
                "*"
            })
    void aPathThatIsNotPlainHasNoRule(String path) {
        assertThat(RULES.find("GET", path)).isEmpty();
        assertThat(RULES.methods(path)).isEmpty();
    }

    @Test
    void tellsTheMethodsThatAPathHas() {
        assertThat(RULES.methods("/things/7")).containsExactly("DELETE", "GET");
        assertThat(RULES.methods("/nothing")).isEmpty();
    }

    @Test
    void administratorsMayAlwaysAndOthersWithOneOfTheRoles() {
        AccessRule rule = RULES.find("POST", "/things/7/8").orElseThrow();
        assertThat(rule.action()).isEqualTo(Action.TRAINED);
        assertThat(rule.allows(new Caller("a", Set.of(Role.ADMIN)))).isTrue();
        assertThat(rule.allows(new Caller("a", Set.of(Role.READER, Role.SCORER))))
                .isTrue();
        assertThat(rule.allows(new Caller("a", Set.of(Role.READER)))).isFalse();
        assertThat(rule.allows(new Caller("a", Set.of()))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /a",
                "GET a reader",
                "GET /a nobody",
                "GET /a reader trained more",
                "GET /a reader\nGET /a admin"
            })
    void aLineThatIsNoRuleIsRefused(String table) {
        assertThatThrownBy(() -> AccessRules.of(table)).isInstanceOf(ScanstreamException.class);
    }

    private static String path(String method, String path) {
        return RULES.find(method, path).orElseThrow().path();
    }
}
