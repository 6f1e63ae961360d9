package io.scanstream.inference.scoring;

import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.scoring.MicroBatcher.Waiting;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decoded scans by what may go into one run, those that are still on the way, and which of them run next. Not thread-safe:
 * {@link MicroBatcher} guards it. No queue in it is ever empty.
 */
final class WaitingScans {
    private final long budgetNanos;
    private final Map<Kind, Queue> queues = new LinkedHashMap<>();
    private int expected;
    private int expectedUrgent;
    private int expectedAtLeisure;

    /** What may go into one run: scans of one version of which the same is asked. */
    record Kind(LoadedModel model, Set<String> outputs) {
        int largest() {
            return model.plan().batches().largest();
        }

        int threads() {
            return model.plan().threads();
        }
    }

    private static final class Queue {
        final Deque<Waiting> urgent = new ArrayDeque<>();
        final Deque<Waiting> routine = new ArrayDeque<>();
        final Deque<Waiting> atLeisure = new ArrayDeque<>();

        void add(Waiting scan) {
            of(scan.urgency()).add(scan);
        }

        private Deque<Waiting> of(Urgency urgency) {
            return switch (urgency) {
                case URGENT -> urgent;
                case ROUTINE -> routine;
                case LEISURE -> atLeisure;
            };
        }

        int size() {
            return urgent.size() + routine.size() + atLeisure.size();
        }

        /** Those who go first; not empty. */
        Deque<Waiting> next() {
            return !urgent.isEmpty() ? urgent : !routine.isEmpty() ? routine : atLeisure;
        }

        Waiting first() {
            return next().element();
        }

        Waiting remove() {
            return next().remove();
        }
    }

    /**
     * None.
     *
     * @param budgetNanos how long a scan waits at most for others to join its run
     */
    WaitingScans(long budgetNanos) {
        this.budgetNanos = budgetNanos;
    }

    /** So many more are on the way, or fewer. */
    void expect(Urgency urgency, int more) {
        if (urgency == Urgency.LEISURE) {
            expectedAtLeisure += more;
            return;
        }
        expected += more;
        expectedUrgent += urgency == Urgency.URGENT ? more : 0;
    }

    boolean isAnyExpected() {
        return expected + expectedAtLeisure > 0;
    }

    boolean isEmpty() {
        return queues.isEmpty();
    }

    /** Adds a scan, which is not expected any more by itself: see {@link #expect}. */
    void add(Waiting scan) {
        Kind kind = new Kind(scan.model(), scan.outputs());
        Queue known = queues.get(kind);
        Queue queue = known == null ? new Queue() : known;
        // In this order no queue is empty, also if something throws.
        queue.add(scan);
        if (known == null) {
            queues.put(kind, queue);
        }
    }

    /**
     * Among what is ready, the kind with the first urgent scan, else that with the first scan of all; null if nothing is.
     *
     * @param now {@link System#nanoTime}
     * @param isLast whether nothing is waited for any more
     */
    @Nullable
    Kind firstClosed(long now, boolean isLast) {
        Kind best = null;
        Waiting bestFirst = null;
        for (Map.Entry<Kind, Queue> entry : queues.entrySet()) {
            Waiting first = entry.getValue().first();
            if ((isLast || isClosed(entry.getKey(), entry.getValue(), now))
                    && (bestFirst == null || goesBefore(first, bestFirst))) {
                best = entry.getKey();
                bestFirst = first;
            }
        }
        return best;
    }

    private boolean isClosed(Kind kind, Queue queue, long now) {
        int worthWaitingFor = queue.urgent.isEmpty() ? expected : expectedUrgent;
        return worthWaitingFor == 0 || queue.size() >= kind.largest() || left(queue, now) <= 0;
    }

    private static boolean goesBefore(Waiting one, Waiting other) {
        int byUrgency = one.urgency().compareTo(other.urgency());
        return byUrgency < 0 || (byUrgency == 0 && one.since() - other.since() < 0);
    }

    /** What is left of the first scan's budget, whatever its urgency. */
    private long left(Queue queue, long now) {
        long oldest = Long.MIN_VALUE;
        for (Deque<Waiting> scans : List.of(queue.urgent, queue.routine, queue.atLeisure)) {
            Waiting first = scans.peek();
            if (first != null) {
                oldest = Math.max(oldest, now - first.since());
            }
        }
        return budgetNanos - oldest;
    }

    /** Nanoseconds until the budget of some scan is over; {@code Long.MAX_VALUE} if none waits. */
    long untilNextCloses(long now) {
        return queues.values().stream()
                .mapToLong(queue -> left(queue, now))
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /**
     * How many scans of a kind the next run takes: no more than keeps all cores busy, since two runs of half of few scans are
     * done sooner than one of all; and beside urgent ones only as many routine ones as go into rows that would be padded.
     *
     * @param runs that there are cores for
     */
    int sizeOfNext(Kind kind, int runs) {
        Queue queue = queue(kind);
        int first = queue.next().size();
        int size = Math.min(kind.largest(), (first + runs - 1) / runs);
        return Math.min(kind.model().plan().batches().rung(size), queue.size());
    }

    /** Whether nothing else waits, nor is on the way, beside so many scans of a kind. */
    boolean isAll(Kind kind, int size) {
        return !isAnyExpected() && queues.size() == 1 && queue(kind).size() == size;
    }

    /** Moves the first scans of a kind, urgent ones before others, to a list with room for them; throws nothing. */
    void move(Kind kind, int size, List<Waiting> to) {
        Queue queue = queue(kind);
        for (int i = 0; i < size; i++) {
            to.add(queue.remove());
        }
        if (queue.size() == 0) {
            queues.remove(kind);
        }
    }

    private Queue queue(Kind kind) {
        Queue queue = queues.get(kind);
        if (queue == null) {
            throw new IllegalStateException("nothing waits for " + kind.model().version());
        }
        return queue;
    }

    /** Empties it. */
    List<Waiting> removeAll() {
        List<Waiting> all = new ArrayList<>();
        for (Queue queue : queues.values()) {
            all.addAll(queue.urgent);
            all.addAll(queue.routine);
            all.addAll(queue.atLeisure);
        }
        queues.clear();
        return all;
    }
}
