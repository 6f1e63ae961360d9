package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * The prefix {@code idempotency/}: what id a client's key stands for, so that a request that is sent twice is one. The
 * first request with a key creates its object; the rest read it.
 */
public final class IdempotencyKeys {
    private static final String PREFIX = "idempotency/";

    private final ObjectStore store;

    public IdempotencyKeys(ObjectStore store) {
        this.store = store;
    }

    /**
     * What a key stands for.
     *
     * @param id of what the first request made or makes
     * @param request SHA-256 of what it asked for, in hex
     * @param done whether it was made to its end; if not, the next request with the key makes it
     */
    public record Claim(UUID id, String request, boolean done) {}

    /**
     * Takes a key, or finds what it stands for.
     *
     * @param scope what kind of thing is asked for; keys of different scopes never meet
     * @param request SHA-256 of what is asked for, in hex
     * @param id used if the key is new
     * @throws ScanstreamException {@code INVALID_REQUEST} if the key stood for something else
     */
    public Claim claim(String scope, String key, String request, UUID id) {
        Claim fresh = new Claim(id, request, false);
        if (store.createIfAbsent(object(scope, key), Json.bytes(fresh))) {
            return fresh;
        }
        return find(scope, key, request)
                .orElseThrow(() -> new ScanstreamException(
                        ErrorCode.CONFLICT, "Idempotency-Key: this key was just forgotten. Send the request again."));
    }

    /**
     * What a key stands for, or empty if it was never used.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} if it stands for something else
     */
    public Optional<Claim> find(String scope, String key, String request) {
        Optional<Claim> found = store.get(object(scope, key)).map(json -> Json.read(json, Claim.class));
        if (found.isPresent() && !found.get().request().equals(request)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "Idempotency-Key: this key was used for another request. Use a new key for a new request.");
        }
        return found;
    }

    /** Notes that what the key stands for was made to its end. */
    public void done(String scope, String key, Claim claim) {
        store.put(object(scope, key), Json.bytes(new Claim(claim.id(), claim.request(), true)));
    }

    /** Forgets the keys that were last used before the moment; returns how many. */
    public int deleteBefore(Instant moment) {
        int deleted = 0;
        for (String shard : store.children(PREFIX)) {
            for (ObjectStore.Listed claim : store.list(PREFIX + shard + "/")) {
                if (claim.lastModified().isBefore(moment)) {
                    store.delete(claim.key());
                    deleted++;
                }
            }
        }
        return deleted;
    }

    /** 256 folders, so that no listing grows long. */
    private static String object(String scope, String key) {
        String sha256 = Hashes.sha256((scope + "\n" + key).getBytes(StandardCharsets.UTF_8));
        return PREFIX + sha256.substring(0, 2) + "/" + sha256;
    }
}
