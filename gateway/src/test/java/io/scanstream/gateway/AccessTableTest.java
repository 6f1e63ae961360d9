package io.scanstream.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.access.AccessRule;
import io.scanstream.access.Action;
import io.scanstream.access.Caller;
import io.scanstream.access.Role;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What has to hold of the table, whatever addresses are added to it. */
class AccessTableTest {
    private static final Set<Action> OF_ADMINISTRATORS =
            Set.of(Action.PROMOTED, Action.WITHDREW, Action.TRAFFIC, Action.DELETED);

    @Test
    void onlyLookingIsForReaders() {
        assertThat(GatewayAccess.RULES.all())
                .filteredOn(rule -> allows(rule, Role.READER))
                .extracting(AccessRule::method)
                .containsOnly("GET");
    }

    @Test
    void whatChangesSomethingIsLogged() {
        assertThat(GatewayAccess.RULES.all()).allSatisfy(rule -> assertThat(rule.action() != null)
                .as(rule.toString())
                .isEqualTo(!rule.method().equals("GET")));
    }

    @Test
    void aliasesTrafficAndDeletingAreForAdministratorsAlone() {
        assertThat(GatewayAccess.RULES.all())
                .filteredOn(rule -> rule.action() != null && OF_ADMINISTRATORS.contains(rule.action()))
                .isNotEmpty()
                .allSatisfy(rule -> assertThat(rule.roles()).as(rule.toString()).containsExactly(Role.ADMIN));
    }

    @Test
    void scorersSendScansAndTrainersTrainAndNeitherDoesTheOthers() {
        for (AccessRule rule : GatewayAccess.RULES.all()) {
            if (rule.method().equals("GET")) {
                continue;
            }
            assertThat(allows(rule, Role.SCORER)).as(rule.toString()).isEqualTo(rule.action() == Action.SCORED);
            assertThat(allows(rule, Role.TRAINER))
                    .as(rule.toString())
                    .isEqualTo(rule.action() != Action.SCORED && !OF_ADMINISTRATORS.contains(rule.action()));
        }
    }

    @Test
    void administratorsMayDoEverything() {
        assertThat(GatewayAccess.RULES.all())
                .allSatisfy(rule ->
                        assertThat(allows(rule, Role.ADMIN)).as(rule.toString()).isTrue());
    }

    @Test
    void onlyProbesAndTheDescriptionAreOpen() {
        assertThat(GatewayAccess.RULES.all())
                .filteredOn(AccessRule::open)
                .extracting(AccessRule::path)
                .containsExactlyInAnyOrder("/q/health/**", "/q/openapi", "/q/swagger-ui/**");
    }

    private static boolean allows(AccessRule rule, Role role) {
        return rule.allows(new Caller("key:test", Set.of(role)));
    }
}
