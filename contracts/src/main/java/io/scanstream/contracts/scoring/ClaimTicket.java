package io.scanstream.contracts.scoring;

/**
 * Stands for a scan that is too large for a Kafka record.
 *
 * @param key the object in the project's bucket, under {@code scans/}
 * @param sizeBytes of the object
 * @param sha256 of its bytes, in hex
 */
public record ClaimTicket(String key, long sizeBytes, String sha256) {}
