package io.scanstream.bench.scoring;

/** Even intervals from the moment it is made, whatever happens in between. */
final class Pace {
    private final double perSecond;
    private final long begun = System.nanoTime();

    Pace(double perSecond) {
        this.perSecond = perSecond;
    }

    /** Waits until a turn is due, counted from 0, and says when that was, {@link System#nanoTime}; late ones do not wait. */
    long awaitTurn(int turn) throws InterruptedException {
        long due = begun + (long) (turn * 1e9 / perSecond);
        long left = due - System.nanoTime();
        if (left > 0) {
            Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
        }
        return due;
    }
}
