package io.scanstream.gateway.scans;

import static io.scanstream.gateway.testing.Fixtures.scored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.api.ScanStatus;
import io.scanstream.contracts.scoring.Regions;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ScoreWindowTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Instant now = Instant.now();

    @Test
    void keepsTheNewestScansInWhateverOrderTheirScoresCome() {
        long seed = System.nanoTime();
        ScoreWindow window = new ScoreWindow(100);
        List<ScanId> ids = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            ids.add(idAt(now.minusSeconds(1000 - i)));
        }
        List<ScanId> shuffled = new ArrayList<>(ids);
        Collections.shuffle(shuffled, new Random(seed));
        shuffled.forEach(id -> window.saw(scored(id, "m")));

        assertThat(window.size()).as("seed %d", seed).isEqualTo(100);
        for (int i = 0; i < 1000; i++) {
            assertThat(window.find(ids.get(i)).isPresent())
                    .as("seed %d, scan %d", seed, i)
                    .isEqualTo(i >= 900);
        }
        assertThat(window.horizon()).isEqualTo(TimeOrderedId.timeOf(ids.get(899).value()));
    }

    @Test
    void keepsFewerWhereMasksTakeTheRoom() {
        ScoreWindow window = new ScoreWindow(1000);
        String mask = "A".repeat(Regions.MOST_MASK_CHARS);
        for (int i = 0; i < 100; i++) {
            window.saw(new ScoreEvent.ScanScored(
                    idAt(now.minusSeconds(100 - i)),
                    "m",
                    "v",
                    Map.of("gland", 1.0),
                    "gland",
                    null,
                    Instant.EPOCH,
                    new Regions(Map.of("gland", 1.0), 8, 8, mask)));
        }

        // 16 MiB hold 64 masks of 256 KiB, less what is around them.
        assertThat(window.size()).isBetween(60, 63);
        assertThat(window.horizon()).isBetween(now.minusSeconds(65), now.minusSeconds(60));
    }

    @Test
    void givesAScoreBackAsItCame() {
        ScoreWindow window = new ScoreWindow(10);
        ScoreEvent rejected =
                new ScoreEvent.ScanRejected(idAt(now), "m", null, ErrorCode.NOT_AN_IMAGE, "no image", Instant.EPOCH);
        window.saw(rejected);

        assertThat(window.find(rejected.scanId())).contains(rejected);
    }

    @Test
    void theLaterOfTwoAnswersToAScanCountsInAnyOrder() {
        ScanId id = idAt(now);
        ScoreEvent rejected =
                new ScoreEvent.ScanRejected(id, "m", null, ErrorCode.UNKNOWN_MODEL, "no model", Instant.EPOCH);
        ScoreEvent replayed = new ScoreEvent.ScanScored(
                id,
                "m",
                "v",
                Map.of("a", 1.0),
                "a",
                null,
                null,
                null,
                Instant.EPOCH.plusSeconds(1),
                null,
                null,
                "s3://b/k");
        for (List<ScoreEvent> order : List.of(List.of(rejected, replayed), List.of(replayed, rejected))) {
            ScoreWindow window = new ScoreWindow(10);
            List<ScoreEvent> heard = new ArrayList<>();
            Runnable stop = window.listen(heard::add);
            order.forEach(window::saw);
            order.forEach(window::saw);
            stop.run();

            assertThat(window.find(id)).contains(replayed);
            assertThat(window.size()).isEqualTo(1);
            assertThat(heard).doesNotHaveDuplicates().endsWith(replayed);
        }
    }

    @Test
    void tellsEachScoreOnceToWhoListens() {
        ScoreWindow window = new ScoreWindow(10);
        List<ScoreEvent> heard = new ArrayList<>();
        ScoreEvent first = scored(idAt(now), "m");
        Runnable stop = window.listen(heard::add);
        window.saw(first);
        window.saw(first);
        stop.run();
        window.saw(scored(idAt(now), "m"));

        assertThat(heard).containsExactly(first);
    }

    @Test
    void completesWhoWaitsWhetherTheScoreComesBeforeOrAfter() {
        ScoreWindow window = new ScoreWindow(10);
        ScanId id = idAt(now);
        CompletableFuture<Optional<ScoreEvent>> one = window.await(id, LONG);
        CompletableFuture<Optional<ScoreEvent>> other = window.await(id, LONG);
        assertThat(one).isNotDone();

        window.saw(scored(id, "m"));

        assertThat(one.join()).contains(scored(id, "m"));
        assertThat(other.join()).contains(scored(id, "m"));
        assertThat(window.await(id, LONG).join()).contains(scored(id, "m"));
    }

    @Test
    void lastsNoLongerThanItsPatience() {
        ScoreWindow window = new ScoreWindow(10);

        assertThat(window.await(idAt(now), Duration.ofMillis(5)).join()).isEmpty();
    }

    @Test
    void anIdFromTheFutureOrOfAnotherKindTakesNoPlace() {
        ScoreWindow window = new ScoreWindow(10);
        window.saw(scored(idAt(now.plus(Duration.ofDays(1000))), "m"));
        window.saw(scored(new ScanId(UUID.randomUUID()), "m"));

        assertThat(window.size()).isZero();
    }

    @Test
    void tellsWaitingForgottenAndUnknownScansApart() {
        ScanIds ids = new ScanIds(new byte[] {1});
        ScoreWindow window = new ScoreWindow(10);
        ScanStates states = new ScanStates(window, ids, Duration.ofDays(7));
        ScanId waiting = ids.next();
        ScanId done = ids.next();
        window.saw(scored(done, "m"));

        assertThat(states.get(waiting).status()).isEqualTo(ScanStatus.PENDING);
        assertThat(states.get(done).status()).isEqualTo(ScanStatus.SCORED);
        assertThat(states.get(done).result()).isEqualTo(scored(done, "m"));
        assertCode(ErrorCode.UNKNOWN_SCAN, () -> states.get(ScanId.next()));
        assertCode(ErrorCode.UNKNOWN_SCAN, () -> states.get(new ScanId(UUID.randomUUID())));
        assertCode(ErrorCode.SCAN_FORGOTTEN, () -> states.get(idAt(now.minus(Duration.ofDays(8)))));

        window.forgetUpTo(Instant.now());

        assertCode(ErrorCode.SCAN_FORGOTTEN, () -> states.get(waiting));
        assertCode(ErrorCode.SCAN_FORGOTTEN, () -> states.get(done));
    }

    private static void assertCode(ErrorCode code, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(ScanstreamException.class, e -> assertThat(e.code())
                .isEqualTo(code));
    }

    private static ScanId idAt(Instant time) {
        return new ScanId(TimeOrderedId.derived(time, UUID.randomUUID().toString()));
    }
}
