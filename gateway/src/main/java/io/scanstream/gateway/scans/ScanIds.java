package io.scanstream.gateway.scans;

import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.scoring.ScanId;
import java.nio.ByteBuffer;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes scan ids, and knows its own again: of a UUID version 7 (RFC 9562), the last 32 random bits are a tag, the first
 * bits of an HMAC-SHA256 (RFC 2104) over the rest. So every replica tells a scan that waits for its score from an id that
 * nobody made, without a list of what was taken in. 42 bits are left to chance for each millisecond.
 */
public final class ScanIds {
    private static final String ALGORITHM = "HmacSHA256";
    private static final long TAG_BITS = 0xFFFF_FFFFL;

    private final SecretKeySpec key;

    /**
     * Ids under a key.
     *
     * @param key the same in every replica
     */
    public ScanIds(byte[] key) {
        this.key = new SecretKeySpec(key, ALGORITHM);
    }

    ScanId next() {
        UUID random = TimeOrderedId.next();
        long low = random.getLeastSignificantBits() & ~TAG_BITS;
        return new ScanId(new UUID(random.getMostSignificantBits(), low | tag(random.getMostSignificantBits(), low)));
    }

    /** Whether a gateway with this key made the id. */
    boolean made(ScanId id) {
        UUID value = id.value();
        long low = value.getLeastSignificantBits();
        return value.version() == 7 && (low & TAG_BITS) == tag(value.getMostSignificantBits(), low & ~TAG_BITS);
    }

    private long tag(long high, long low) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            byte[] digest = mac.doFinal(
                    ByteBuffer.allocate(16).putLong(high).putLong(low).array());
            return ByteBuffer.wrap(digest).getInt() & TAG_BITS;
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }
}
