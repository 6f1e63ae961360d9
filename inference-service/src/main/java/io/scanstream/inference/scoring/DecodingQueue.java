package io.scanstream.inference.scoring;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Scans in front of the decoders. Urgent ones are given out first, those at leisure last, and only as many as there is room for behind the decoders:
 * whoever is given one has taken its room, until {@link #leave}. A quarter of the room is for urgent scans alone, so routine
 * ones that wait for the model hold up neither a decoder nor an urgent scan. Thread-safe.
 */
final class DecodingQueue<T extends DecodingQueue.Turn> {
    private static final int URGENT_SHARE = 4;

    private final Lane urgent;
    private final Lane routine;
    private final Lane leisure;
    private final long mostBytes;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean closed;

    /** One scan that is to be decoded. */
    interface Turn {
        Urgency urgency();

        /** Of the room that it takes once decoded. */
        int sizeBytes();
    }

    /** Of one urgency. */
    private final class Lane {
        final Deque<T> turns = new ArrayDeque<>();
        final long most;
        long bytes;

        Lane(long most) {
            this.most = most;
        }

        /** Whether its first has room; one at a time has it always. */
        boolean hasNext() {
            T first = turns.peek();
            if (first == null) {
                return false;
            }
            return bytes == 0
                    || (bytes + first.sizeBytes() <= most
                            && urgent.bytes + routine.bytes + leisure.bytes + first.sizeBytes() <= mostBytes);
        }

        T next() {
            T first = turns.remove();
            bytes += first.sizeBytes();
            return first;
        }
    }

    /**
     * Empty.
     *
     * @param mostBytes of scans that were given out and have not left; a single scan of each urgency is always allowed
     */
    DecodingQueue(long mostBytes) {
        this.mostBytes = mostBytes;
        this.urgent = new Lane(mostBytes);
        this.routine = new Lane(mostBytes - mostBytes / URGENT_SHARE);
        this.leisure = new Lane(mostBytes / URGENT_SHARE);
    }

    /** Adds a scan; false once closed. */
    boolean add(T turn) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            lane(turn).turns.add(turn);
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a scan that has room; null when there are no more. */
    @Nullable
    T next() {
        lock.lock();
        try {
            while (true) {
                if (urgent.hasNext()) {
                    return urgent.next();
                }
                if (routine.hasNext()) {
                    return routine.next();
                }
                if (leisure.hasNext()) {
                    return leisure.next();
                }
                if (closed && urgent.turns.isEmpty() && routine.turns.isEmpty() && leisure.turns.isEmpty()) {
                    return null;
                }
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** A scan that was given out needs no room any more. */
    void leave(T turn) {
        lock.lock();
        try {
            lane(turn).bytes -= turn.sizeBytes();
            // One large scan makes room for many small ones.
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private Lane lane(T turn) {
        return switch (turn.urgency()) {
            case URGENT -> urgent;
            case ROUTINE -> routine;
            case LEISURE -> leisure;
        };
    }

    /** Takes nothing more; what is in it is given out. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Closes, and returns what was not given out and never will be. */
    List<T> giveUp() {
        lock.lock();
        try {
            close();
            List<T> left = new ArrayList<>(urgent.turns);
            left.addAll(routine.turns);
            left.addAll(leisure.turns);
            urgent.turns.clear();
            routine.turns.clear();
            leisure.turns.clear();
            return left;
        } finally {
            lock.unlock();
        }
    }
}
