package io.scanstream.gateway.scans;

import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.gateway.messaging.Outbox;
import io.scanstream.gateway.models.ModelRegistry;
import io.scanstream.gateway.problems.RequestRefused;
import io.scanstream.gateway.requests.RequestBody;
import io.scanstream.gateway.requests.Turnstile;
import io.scanstream.storage.IdempotencyKeys;
import io.scanstream.storage.Scans;
import io.scanstream.storage.SubjectScans;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Takes scans in: small ones into the Kafka record, larger ones to the store with a claim ticket in the record. */
public final class ScanIntake {
    private static final String SCOPE = "scan";
    private static final String SOURCE = "/scanstream/gateway";

    private final ScanIds ids;
    private final ModelRegistry models;
    private final Scans scans;
    private final SubjectScans subjects;
    private final IdempotencyKeys keys;
    private final Outbox bulk;
    private final Outbox urgent;
    private final Limits limits;
    private final Turnstile turnstile;

    /**
     * Sizes of scans.
     *
     * @param maxBytes the largest scan
     * @param inlineMaxBytes the largest that travels in the record itself; 0: none
     */
    public record Limits(long maxBytes, int inlineMaxBytes) {}

    /**
     * Takes scans in.
     *
     * @param bulk writes to {@code scans}
     * @param urgent writes to {@code scans.urgent}
     * @param turnstile for scans that go to the store
     */
    public ScanIntake(
            ScanIds ids,
            ModelRegistry models,
            Scans scans,
            SubjectScans subjects,
            IdempotencyKeys keys,
            Outbox bulk,
            Outbox urgent,
            Limits limits,
            Turnstile turnstile) {
        this.ids = ids;
        this.models = models;
        this.scans = scans;
        this.subjects = subjects;
        this.keys = keys;
        this.bulk = bulk;
        this.urgent = urgent;
        this.limits = limits;
        this.turnstile = turnstile;
    }

    /**
     * A scan on its way.
     *
     * @param written completes when Kafka has it; fails with a {@link ScanstreamException} if it may not have
     */
    record Taken(ScanId id, CompletableFuture<Void> written) {}

    /**
     * Reads a scan and hands it to Kafka. With a key that was used before, it is the scan of then.
     *
     * @param declaredBytes what the client says of its size; -1 if nothing
     * @throws ScanstreamException {@code UNKNOWN_MODEL}, {@code TOO_LARGE}, {@code INVALID_REQUEST}
     */
    Taken accept(ScanRequest request, InputStream body, long declaredBytes, Optional<String> idempotencyKey) {
        requireScorer(request);
        RequestBody bytes = new RequestBody(body, declaredBytes, limits.maxBytes(), "scan");
        byte[] head = bytes.next((int) Math.min(limits.inlineMaxBytes() + 1L, Integer.MAX_VALUE - 8));
        if (head.length == 0) {
            throw RequestRefused.invalid("scan: the body is empty; expected an image.");
        }
        if (idempotencyKey.isEmpty()) {
            ScanId id = ids.next();
            return new Taken(id, send(id, request, head, bytes, declaredBytes));
        }
        String key = idempotencyKey.get();
        IdempotencyKeys.Claim claim =
                keys.claim(SCOPE, key, digest(request, head), ids.next().value());
        ScanId id = new ScanId(claim.id());
        if (claim.done()) {
            return new Taken(id, CompletableFuture.completedFuture(null));
        }
        // Two requests with one key at one time may both write it: the inference service drops the repeat.
        CompletableFuture<Void> written = send(id, request, head, bytes, declaredBytes);
        Outbox.await(written);
        keys.done(SCOPE, key, claim);
        return new Taken(id, written);
    }

    /** Throws {@code UNKNOWN_MODEL} for what no published version can score. */
    void requireScorer(ScanRequest request) {
        models.requireScorer(request.model(), request.version(), request.alias());
    }

    private CompletableFuture<Void> send(
            ScanId id, ScanRequest request, byte[] head, RequestBody rest, long declaredBytes) {
        Outbox outbox = request.urgent() ? urgent : bulk;
        String subject = request.subject();
        if (subject != null) {
            // Before the bytes are kept, so that none are without it.
            subjects.record(subject, id);
        }
        // What may have to be deleted is not put where nothing can be.
        if (head.length <= limits.inlineMaxBytes() && subject == null) {
            return outbox.send(id.toString(), head, headers(id, request, request.contentType()));
        }
        InputStream whole = new SequenceInputStream(new ByteArrayInputStream(head), rest);
        ClaimTicket ticket = turnstile.pass(() -> rest.whileReading(() -> scans.put(id, whole, declaredBytes)));
        return outbox.send(id.toString(), Json.bytes(ticket), headers(id, request, ScanHeaders.CLAIM_TICKET));
    }

    private static Map<String, String> headers(ScanId id, ScanRequest request, String contentType) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(ScanHeaders.ID, id.toString());
        headers.put(ScanHeaders.SPEC_VERSION, "1.0");
        headers.put(ScanHeaders.TYPE, ScanHeaders.TYPE_ARRIVED);
        headers.put(ScanHeaders.SOURCE, SOURCE);
        headers.put(ScanHeaders.TIME, Instant.now().toString());
        headers.put(ScanHeaders.MODEL, request.model());
        put(headers, ScanHeaders.MODEL_VERSION, request.version());
        put(headers, ScanHeaders.MODEL_ALIAS, request.alias());
        put(
                headers,
                ScanHeaders.DEADLINE,
                request.deadline().map(Instant::toString).orElse(null));
        headers.put(ScanHeaders.CONTENT_TYPE, contentType);
        request.routing().forEach(headers::putIfAbsent);
        return headers;
    }

    private static void put(Map<String, String> headers, String name, @Nullable String value) {
        if (value != null) {
            headers.put(name, value);
        }
    }

    /** Of what is asked and of the scan's first bytes: enough to tell a repeat from another scan. */
    private static String digest(ScanRequest request, byte[] head) {
        MessageDigest digest = Hashes.newSha256();
        digest.update(request.fingerprint().getBytes(StandardCharsets.UTF_8));
        return Hashes.hex(digest.digest(head));
    }

    /** Deletes what is kept of a scan's bytes in the store. */
    void deleteBytes(ScanId id) {
        scans.delete(id);
    }
}
