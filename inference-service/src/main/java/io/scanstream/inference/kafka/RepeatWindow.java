package io.scanstream.inference.kafka;

import io.scanstream.contracts.scoring.ScanId;
import java.util.Arrays;

/**
 * The latest scan ids of one partition that have a committed score or are in hand, up to a bound. Not thread-safe.
 *
 * <p>An id takes 35 bytes once the window of 100,000 is full, 3.4 MiB in all, in a few arrays: its 16 bytes, its two
 * neighbours in age, and two or three places of four bytes in a hash table with open addressing. As a set of objects it took
 * about 100 bytes in three objects, which the garbage collector had to visit.
 */
final class RepeatWindow {
    private static final int NONE = -1;
    private static final int FIRST_CAPACITY = 64;
    /** Knuth's multiplicative hash: 2^64 divided by the golden ratio. */
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private final int most;

    private long[] high;
    private long[] low;
    private int[] newer;
    private int[] older;
    /** The number of an id, or {@code NONE}; at most half of it is taken. */
    private int[] table;

    private int newest = NONE;
    private int oldest = NONE;
    private int size;

    /** Of so many ids at most; what fewer take grows with them. */
    RepeatWindow(int most) {
        this.most = most;
        int capacity = Math.min(most, FIRST_CAPACITY);
        this.high = new long[capacity];
        this.low = new long[capacity];
        this.newer = new int[capacity];
        this.older = new int[capacity];
        this.table = emptyTable(capacity);
    }

    boolean contains(ScanId id) {
        return table[place(id)] != NONE;
    }

    /**
     * Remembers an id as the newest; the oldest one is forgotten if there are too many.
     *
     * @return whether it is new
     */
    boolean add(ScanId id) {
        int number = table[place(id)];
        if (number != NONE) {
            unlink(number);
            linkAsNewest(number);
            return false;
        }
        number = size < most ? nextNumber() : forgetOldest();
        high[number] = id.value().getMostSignificantBits();
        low[number] = id.value().getLeastSignificantBits();
        table[place(id)] = number;
        linkAsNewest(number);
        return true;
    }

    int size() {
        return size;
    }

    private int nextNumber() {
        if (size == high.length) {
            grow((int) Math.min(most, 2L * size));
        }
        return size++;
    }

    private int forgetOldest() {
        int number = oldest;
        removeFromTable(number);
        unlink(number);
        return number;
    }

    private void linkAsNewest(int number) {
        newer[number] = NONE;
        older[number] = newest;
        if (newest == NONE) {
            oldest = number;
        } else {
            newer[newest] = number;
        }
        newest = number;
    }

    private void unlink(int number) {
        if (newer[number] == NONE) {
            newest = older[number];
        } else {
            older[newer[number]] = older[number];
        }
        if (older[number] == NONE) {
            oldest = newer[number];
        } else {
            newer[older[number]] = newer[number];
        }
    }

    /** Where an id is in the table, or where it goes. */
    private int place(ScanId id) {
        long wantedHigh = id.value().getMostSignificantBits();
        long wantedLow = id.value().getLeastSignificantBits();
        int place = home(wantedHigh, wantedLow);
        while (table[place] != NONE && (low[table[place]] != wantedLow || high[table[place]] != wantedHigh)) {
            place = after(place);
        }
        return place;
    }

    /** Where the search for an id begins. */
    private int home(long idHigh, long idLow) {
        int bits = Integer.numberOfTrailingZeros(table.length);
        return (int) (((idHigh * 31 + idLow) * SPREAD) >>> (Long.SIZE - bits));
    }

    private int after(int place) {
        return (place + 1) & (table.length - 1);
    }

    /** Ids behind the gap move up, unless that were before their home: searches stop at gaps. */
    private void removeFromTable(int number) {
        int gap = home(high[number], low[number]);
        while (table[gap] != number) {
            gap = after(gap);
        }
        for (int place = after(gap); table[place] != NONE; place = after(place)) {
            int fromHome = (place - home(high[table[place]], low[table[place]])) & (table.length - 1);
            int fromGap = (place - gap) & (table.length - 1);
            if (fromHome >= fromGap) {
                table[gap] = table[place];
                gap = place;
            }
        }
        table[gap] = NONE;
    }

    private void grow(int capacity) {
        high = Arrays.copyOf(high, capacity);
        low = Arrays.copyOf(low, capacity);
        newer = Arrays.copyOf(newer, capacity);
        older = Arrays.copyOf(older, capacity);
        table = emptyTable(capacity);
        for (int number = 0; number < size; number++) {
            int place = home(high[number], low[number]);
            while (table[place] != NONE) {
                place = after(place);
            }
            table[place] = number;
        }
    }

    private static int[] emptyTable(int capacity) {
        int[] table = new int[Integer.highestOneBit(Math.max(1, 2 * capacity - 1)) * 2];
        Arrays.fill(table, NONE);
        return table;
    }
}
