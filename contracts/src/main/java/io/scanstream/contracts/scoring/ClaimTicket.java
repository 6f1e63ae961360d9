package io.scanstream.contracts.scoring;

import org.jspecify.annotations.Nullable;

/**
 * Stands for a scan that does not travel in its Kafka record: one that is too large for it, kept by the project under {@code
 * scans/} and known by its SHA-256; or an object that somebody put into a bucket themselves, known by its entity tag.
 *
 * @param key the object
 * @param sizeBytes of the object
 * @param sha256 of its bytes, in hex; absent where there is an entity tag
 * @param etag the object's entity tag (RFC 9110) without quotes, absent where there is a SHA-256
 * @param bucket where the object is; absent: the project's bucket
 */
public record ClaimTicket(
        String key,
        long sizeBytes,
        @Nullable String sha256,
        @Nullable String etag,
        @Nullable String bucket) {
    /** For an object in the project's bucket whose bytes are known. */
    public ClaimTicket(String key, long sizeBytes, String sha256) {
        this(key, sizeBytes, sha256, null, null);
    }
}
