package io.scanstream.inference.kafka;

import java.util.Optional;

/** Bounds the scans that shadows have under way, in number and in bytes. Thread-safe; nobody ever waits. */
final class ShadowRoom {
    private final int mostScans;
    private final long mostBytes;
    private int scans;
    private long bytes;

    /**
     * Room for some.
     *
     * @param mostBytes a scan that is larger by itself is never let in
     */
    ShadowRoom(int mostScans, long mostBytes) {
        this.mostScans = mostScans;
        this.mostBytes = mostBytes;
    }

    /** A place for one scan, if there is one; to be left once. */
    synchronized Optional<Place> tryTake(long sizeBytes) {
        if (scans == mostScans || bytes + sizeBytes > mostBytes) {
            return Optional.empty();
        }
        scans++;
        bytes += sizeBytes;
        return Optional.of(new Place(sizeBytes));
    }

    /** The place of one scan. */
    final class Place {
        private final long sizeBytes;

        private Place(long sizeBytes) {
            this.sizeBytes = sizeBytes;
        }

        void leave() {
            synchronized (ShadowRoom.this) {
                scans--;
                bytes -= sizeBytes;
            }
        }
    }
}
