package io.scanstream.gateway.problems;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.ApiProblem;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProblemsTest {
    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void everyCodeHasAStatusATypeAndATitle(ErrorCode code) {
        ApiProblem problem = Problems.of(new ScanstreamException(code, "why"));

        assertThat(problem.status()).isBetween(400, 599);
        assertThat(problem.type()).matches("urn:scanstream:[a-z-]+");
        assertThat(problem.title()).matches("[A-Z][a-z ]+");
        assertThat(problem.code()).isNotNull();
    }

    @Test
    void aRecipesMistakesAreAllThere() {
        List<Problem> mistakes = List.of(new Problem("recipe.a", "is missing."), new Problem("recipe.b", "is 0."));

        ApiProblem problem = Problems.of(new InvalidRecipeException(mistakes));

        assertThat(problem.status()).isEqualTo(400);
        assertThat(problem.errors()).isEqualTo(mistakes);
    }

    @Test
    void otherSystemsAddressesStayInTheLog() {
        ApiProblem problem = Problems.of(new ScanstreamException(
                ErrorCode.STORE_UNAVAILABLE, "the object store scanstream at http://10.0.0.1:9000 does not answer"));

        assertThat(problem.status()).isEqualTo(503);
        assertThat(problem.detail()).doesNotContain("10.0.0.1");
    }

    @Test
    void storedJsonThatCannotBeReadIsNoFaultOfTheRequest() {
        ScanstreamException damaged = caught(() -> Json.read(new byte[] {'{'}, Problem.class));
        ScanstreamException mistyped = caught(() -> JobId.of("abc"));

        assertThat(Problems.of(damaged).status()).isEqualTo(500);
        assertThat(Problems.of(damaged).code()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(Problems.of(mistyped).status()).isEqualTo(400);
    }

    private static ScanstreamException caught(Runnable call) {
        try {
            call.run();
        } catch (ScanstreamException e) {
            return e;
        }
        throw new AssertionError("nothing was thrown");
    }
}
