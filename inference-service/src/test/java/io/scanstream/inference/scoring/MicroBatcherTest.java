package io.scanstream.inference.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.Outputs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MicroBatcherTest {
    private static final OnnxRuntime RUNTIME = new OnnxRuntime(OnnxSettings.defaults(Device.CPU));
    private static final Set<String> PROBABILITIES = Set.of("probabilities");

    @TempDir
    Path folder;

    private final MicroBatcher batcher = new MicroBatcher(
            new ScorerSettings(1, 1, Duration.ofSeconds(60), 1 << 20), new StageTimers(new SimpleMeterRegistry()));
    private LoadedModel model;
    /** In the order in which they were answered. */
    private final List<Recorded> answered = new ArrayList<>();

    @BeforeEach
    void load() {
        model = new ModelLoader(RUNTIME, new ImageDecoder(DecodeLimits.defaults()))
                .load(TinyModel.aModel().write(folder));
    }

    @AfterEach
    void close() {
        batcher.close(Duration.ofSeconds(10));
        model.release();
    }

    /** Remembers what it is given; the scans of one run are given the same outputs. */
    private class Recorded implements MicroBatcher.Answer {
        final String name;
        final CompletableFuture<Outputs> outputs = new CompletableFuture<>();
        final AtomicInteger told = new AtomicInteger();

        Recorded(String name) {
            this.name = name;
        }

        @Override
        public boolean isWanted() {
            return true;
        }

        @Override
        public void given(Outputs given, int row) {
            told.incrementAndGet();
            answered.add(this);
            outputs.complete(given);
        }

        @Override
        public void failed(Throwable reason) {
            told.incrementAndGet();
            outputs.completeExceptionally(reason);
        }
    }

    /** Holds the one runner up until it is let go. */
    private final class Gate extends Recorded {
        final CountDownLatch reached = new CountDownLatch(1);
        final Semaphore open = new Semaphore(0);

        Gate() {
            super("gate");
        }

        @Override
        public boolean isWanted() {
            reached.countDown();
            open.acquireUninterruptibly();
            return true;
        }
    }

    @Test
    void urgentScansGoFirstAndTakeNoRoutineOnesWithThem() throws Exception {
        Gate gate = new Gate();
        add(gate, Urgency.ROUTINE);
        assertThat(gate.reached.await(10, TimeUnit.SECONDS)).isTrue();
        List<Recorded> routine = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            routine.add(add(new Recorded("routine"), Urgency.ROUTINE));
        }
        Recorded first = add(new Recorded("urgent"), Urgency.URGENT);
        Recorded second = add(new Recorded("urgent"), Urgency.URGENT);

        gate.open.release();
        routine.get(7).outputs.get(10, TimeUnit.SECONDS);

        assertThat(answered.subList(0, 3)).containsExactly(gate, first, second);
        assertThat(first.outputs.join()).isSameAs(second.outputs.join());
        assertThat(routine).allSatisfy(scan -> assertThat(scan.outputs.join())
                .isNotSameAs(first.outputs.join())
                .isSameAs(routine.get(0).outputs.join()));
    }

    @Test
    void anUrgentScanWaitsForNoRoutineOneThatIsOnTheWay() throws Exception {
        // The budget is a minute; a routine scan that does not come would be waited for so long.
        batcher.expectOne(Urgency.ROUTINE);

        Recorded urgent = add(new Recorded("urgent"), Urgency.URGENT);

        assertThat(urgent.outputs.get(10, TimeUnit.SECONDS)).isNotNull();
        batcher.expectOneLess(Urgency.ROUTINE);
    }

    @Test
    void whatIsAtLeisureGoesLastAndIsNotWaitedFor() throws Exception {
        Gate gate = new Gate();
        add(gate, Urgency.ROUTINE);
        assertThat(gate.reached.await(10, TimeUnit.SECONDS)).isTrue();
        Recorded leisure = add(new Recorded("leisure"), Urgency.LEISURE);
        Recorded routine = add(new Recorded("routine"), Urgency.ROUTINE);
        Recorded urgent = add(new Recorded("urgent"), Urgency.URGENT);
        gate.open.release();
        leisure.outputs.get(10, TimeUnit.SECONDS);

        assertThat(answered).containsExactly(gate, urgent, routine, leisure);
        assertThat(routine.outputs.join()).isNotSameAs(leisure.outputs.join());

        // The budget is a minute.
        batcher.expectOne(Urgency.LEISURE);
        Recorded next = add(new Recorded("next"), Urgency.ROUTINE);
        assertThat(next.outputs.get(10, TimeUnit.SECONDS)).isNotNull();
        batcher.expectOneLess(Urgency.LEISURE);
    }

    @Test
    void anAnswerThatThrowsHarmsNeitherItsNeighboursNorTheRunner() throws Exception {
        Gate gate = new Gate();
        add(gate, Urgency.ROUTINE);
        assertThat(gate.reached.await(10, TimeUnit.SECONDS)).isTrue();
        Recorded notReadable = add(
                new Recorded("not readable") {
                    @Override
                    public void given(Outputs given, int row) {
                        throw new OutOfMemoryError("a test's");
                    }
                },
                Urgency.ROUTINE);
        Recorded notAskable = add(
                new Recorded("not askable") {
                    @Override
                    public boolean isWanted() {
                        throw new NoClassDefFoundError("a test's");
                    }
                },
                Urgency.ROUTINE);
        add(
                new Recorded("deaf") {
                    @Override
                    public boolean isWanted() {
                        return false;
                    }

                    @Override
                    public void failed(Throwable reason) {
                        throw new StackOverflowError("a test's");
                    }
                },
                Urgency.ROUTINE);
        Recorded neighbour = add(new Recorded("neighbour"), Urgency.ROUTINE);

        gate.open.release();

        assertThat(neighbour.outputs.get(10, TimeUnit.SECONDS)).isNotNull();
        assertFailedOnceBy(notReadable, OutOfMemoryError.class);
        assertFailedOnceBy(notAskable, NoClassDefFoundError.class);
        Recorded later = add(new Recorded("later"), Urgency.ROUTINE);
        assertThat(later.outputs.get(10, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void aScanThatCannotBeAddedIsToldAndIsNotExpectedAnyMore() throws Exception {
        Set<String> broken = new AbstractSet<>() {
            @Override
            public int hashCode() {
                throw new OutOfMemoryError("a test's");
            }

            @Override
            public Iterator<String> iterator() {
                return PROBABILITIES.iterator();
            }

            @Override
            public int size() {
                return 1;
            }
        };
        AtomicInteger taken = new AtomicInteger();
        Recorded lost = new Recorded("lost");
        batcher.expectOne(Urgency.ROUTINE);

        batcher.add(waiting(lost, Urgency.ROUTINE, broken, taken::incrementAndGet));

        assertFailedOnceBy(lost, OutOfMemoryError.class);
        assertThat(taken).hasValue(1);
        // Were one still expected, this would wait for it for a minute.
        Recorded next = add(new Recorded("next"), Urgency.ROUTINE);
        assertThat(next.outputs.get(10, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void aScanThatIsAddedAfterTheEndIsTold() {
        batcher.expectOne(Urgency.ROUTINE);
        batcher.close(Duration.ofMillis(50));
        AtomicInteger taken = new AtomicInteger();
        Recorded late = new Recorded("late");

        batcher.add(waiting(late, Urgency.ROUTINE, PROBABILITIES, taken::incrementAndGet));

        assertThat(late.outputs)
                .isCompletedExceptionally()
                .failsWithin(Duration.ofSeconds(1))
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED));
        assertThat(taken).hasValue(1);
    }

    private static void assertFailedOnceBy(Recorded scan, Class<? extends Error> error) {
        assertThat(scan.outputs)
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
                .havingCause()
                .isInstanceOf(error);
        assertThat(scan.told).as(scan.name + " was told").hasValue(1);
    }

    private <A extends Recorded> A add(A answer, Urgency urgency) {
        batcher.expectOne(urgency);
        batcher.add(waiting(answer, urgency, PROBABILITIES, () -> {}));
        return answer;
    }

    private MicroBatcher.Waiting waiting(Recorded answer, Urgency urgency, Set<String> outputs, Runnable taken) {
        byte[] input = new byte[model.input().sizeBytes()];
        return new MicroBatcher.Waiting(model, outputs, input, urgency, System.nanoTime(), taken, answer);
    }
}
