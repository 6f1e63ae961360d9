package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.ScanstreamException;

/** The prefix {@code blobs/}: images by the SHA-256 of their bytes, each once whatever data sets hold it. */
public final class Blobs {
    private final ObjectStore store;

    public Blobs(ObjectStore store) {
        this.store = store;
    }

    /** Keeps the bytes and returns their SHA-256 in hex. */
    public String put(byte[] bytes) {
        String sha256 = Hashes.sha256(bytes);
        store.createIfAbsent(key(sha256), bytes);
        return sha256;
    }

    /**
     * The bytes of a digest.
     *
     * @throws ScanstreamException {@code INVALID_DATASET} if the blob is missing or its bytes are others
     */
    public byte[] get(String sha256) {
        byte[] bytes = store.require(key(sha256), ErrorCode.INVALID_DATASET);
        String found = Hashes.sha256(bytes);
        if (!found.equals(sha256)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET, key(sha256) + " holds other bytes: their SHA-256 is " + found + ".");
        }
        return bytes;
    }

    /** Deletes the bytes of a digest; nothing happens if they are not there. */
    public void delete(String sha256) {
        store.delete(key(sha256));
    }

    private static String key(String sha256) {
        return "blobs/" + sha256;
    }
}
