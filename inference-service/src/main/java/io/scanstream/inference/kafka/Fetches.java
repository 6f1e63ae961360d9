package io.scanstream.inference.kafka;

import io.scanstream.inference.scoring.Urgency;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Fetches scans that lie in the store, some at once, and bounds the bytes of those that were fetched and are still held.
 * Urgent ones go first, in order among themselves; a quarter of the threads and of the bytes is theirs alone, so that an
 * urgent scan waits neither for slow fetches of routine ones nor until those are scored. Thread-safe.
 */
final class Fetches implements AutoCloseable {
    private final int mostRunning;
    private final long mostBytes;
    private final Map<Urgency, Lane> lanes = new EnumMap<>(Urgency.class);
    private final ExecutorService threads;
    private boolean closed;

    /** What waits and is held of one urgency. */
    private static final class Lane {
        final int mostRunning;
        final long mostHeld;
        final Deque<Fetch> waiting = new ArrayDeque<>();
        int running;
        long held;

        Lane(int mostRunning, long mostHeld) {
            this.mostRunning = mostRunning;
            this.mostHeld = mostHeld;
        }
    }

    /** One scan's bytes on their way, and then held until {@link #release}. */
    final class Fetch {
        private final Lane lane;
        private final long bytes;
        private final Supplier<byte[]> source;
        private final BooleanSupplier wanted;
        private final CompletableFuture<byte[]> answer = new CompletableFuture<>();
        private boolean holds;

        private Fetch(Lane lane, long bytes, Supplier<byte[]> source, BooleanSupplier wanted) {
            this.lane = lane;
            this.bytes = bytes;
            this.source = source;
            this.wanted = wanted;
        }

        /** The bytes; or fails as the source does, or with a {@link CancellationException} if they are not wanted any more. */
        CompletableFuture<byte[]> bytes() {
            return answer;
        }

        /** The bytes are not needed any more. To be called once, whatever became of them. */
        void release() {
            synchronized (Fetches.this) {
                if (holds) {
                    holds = false;
                    lane.held -= bytes;
                }
                startWhatMay();
            }
        }

        private void run() {
            byte[] fetched;
            try {
                if (!wanted.getAsBoolean()) {
                    throw new CancellationException("not wanted any more");
                }
                fetched = source.get();
            } catch (RuntimeException | Error e) {
                // An Error too: it is this scan's to tell of.
                done();
                answer.completeExceptionally(e);
                return;
            }
            done();
            answer.complete(fetched);
        }

        private void done() {
            synchronized (Fetches.this) {
                lane.running--;
                startWhatMay();
            }
        }
    }

    /**
     * Nothing is fetched yet.
     *
     * @param mostRunning how many at once, at least 1; of two or more at least one is for urgent scans alone
     * @param mostBytes that are held at once; a single scan of each urgency is always allowed
     */
    Fetches(int mostRunning, long mostBytes) {
        this.mostRunning = mostRunning;
        this.mostBytes = mostBytes;
        int urgentAlone = mostRunning == 1 ? 0 : Math.max(1, mostRunning / 4);
        lanes.put(Urgency.URGENT, new Lane(mostRunning, mostBytes));
        lanes.put(Urgency.ROUTINE, new Lane(mostRunning - urgentAlone, mostBytes - mostBytes / 4));
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                mostRunning,
                mostRunning,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> new Thread(task, "fetch-scan-" + number.incrementAndGet()));
        // Not when memory may be short: a fetch that was counted is also begun.
        pool.prestartAllCoreThreads();
        this.threads = pool;
    }

    /**
     * Fetches when it is its turn. Returns at once.
     *
     * @param sizeBytes as the claim ticket has it; more is not read
     * @param source called on a thread of ours; may block
     * @param wanted asked before that
     */
    Fetch begin(long sizeBytes, Urgency urgency, Supplier<byte[]> source, BooleanSupplier wanted) {
        Lane lane = lane(urgency);
        Fetch fetch = new Fetch(lane, Math.min(sizeBytes, mostBytes), source, wanted);
        synchronized (this) {
            if (closed) {
                fetch.answer.completeExceptionally(new CancellationException("the service ends"));
                return fetch;
            }
            lane.waiting.add(fetch);
            startWhatMay();
        }
        return fetch;
    }

    private void startWhatMay() {
        Lane urgent = lane(Urgency.URGENT);
        Lane routine = lane(Urgency.ROUTINE);
        while (!closed && (startFirst(urgent) || (urgent.waiting.isEmpty() && startFirst(routine)))) {
            // One more is under way.
        }
    }

    private boolean startFirst(Lane lane) {
        Fetch first = lane.waiting.peek();
        if (first == null || running() >= mostRunning || lane.running >= lane.mostRunning) {
            return false;
        }
        if (lane.held > 0 && (lane.held + first.bytes > lane.mostHeld || held() + first.bytes > mostBytes)) {
            return false;
        }
        lane.waiting.remove();
        lane.running++;
        lane.held += first.bytes;
        first.holds = true;
        threads.execute(first::run);
        return true;
    }

    private int running() {
        return lanes.values().stream().mapToInt(lane -> lane.running).sum();
    }

    private long held() {
        return lanes.values().stream().mapToLong(lane -> lane.held).sum();
    }

    private Lane lane(Urgency urgency) {
        Lane lane = lanes.get(urgency);
        if (lane == null) {
            throw new IllegalStateException("no lane for " + urgency);
        }
        return lane;
    }

    /** Fetches nothing any more; what waits is told so. */
    @Override
    public void close() {
        Deque<Fetch> left = new ArrayDeque<>();
        synchronized (this) {
            closed = true;
            lanes.values().forEach(lane -> {
                left.addAll(lane.waiting);
                lane.waiting.clear();
            });
        }
        threads.shutdownNow();
        left.forEach(fetch -> fetch.answer.completeExceptionally(new CancellationException("the service ends")));
    }
}
