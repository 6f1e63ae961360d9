package io.scanstream.contracts;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.UUID;

/** UUID version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then random bits, so that ids sort by time. */
public final class TimeOrderedId {
    private static final SecureRandom RANDOM = new SecureRandom();

    /** A new id for this moment. */
    public static UUID next() {
        byte[] tail = new byte[10];
        RANDOM.nextBytes(tail);
        return of(Instant.now(), tail);
    }

    /**
     * The same id for the same key: its time is the given one, its random part the SHA-256 of the key. Two requests with
     * one idempotency key (and one time base) are one id.
     */
    public static UUID derived(Instant at, String key) {
        return of(at, Hashes.newSha256().digest(key.getBytes(StandardCharsets.UTF_8)));
    }

    /** When an id was made, to the millisecond. */
    public static Instant timeOf(UUID id) {
        return Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
    }

    private static UUID of(Instant at, byte[] tail) {
        ByteBuffer random = ByteBuffer.wrap(tail);
        long high = (at.toEpochMilli() << 16) | 0x7000L | (random.getShort() & 0x0FFFL);
        long low = (random.getLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }

    private TimeOrderedId() {}
}
