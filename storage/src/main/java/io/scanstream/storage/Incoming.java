package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ClaimTicket;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The prefixes under which others put objects that are to be scored, in the project's bucket or in one of theirs. They are
 * only read: what lies there is its owners' to keep and to delete.
 */
public final class Incoming {
    /** An entity tag without its quotes (RFC 9110): it becomes a header. */
    private static final Pattern ETAG = Pattern.compile("[\\x21\\x23-\\x7e]{1,200}");
    /** Parts of a key that a store on a file system would walk up. */
    private static final Pattern DOTS = Pattern.compile("(^|/)\\.{1,2}(/|$)");

    private final ObjectStore store;
    private final List<String> prefixes;

    /**
     * Prefixes of a store.
     *
     * @param prefixes each ends in '/'
     */
    public Incoming(ObjectStore store, List<String> prefixes) {
        this.store = store;
        this.prefixes = List.copyOf(prefixes);
    }

    public String bucket() {
        return store.bucket();
    }

    /** The object as it is now, its time to the second; empty if there is none. */
    public Optional<ObjectStore.Listed> find(String key) {
        return unnamed(key, () -> store.stat(key));
    }

    /** An outage is logged by whoever waits for it, and a key that others chose may be a file's or a person's name. */
    private static <T> T unnamed(String key, Supplier<T> call) {
        try {
            return call.get();
        } catch (ScanstreamException e) {
            if (e.code().retryable()) {
                String message = String.valueOf(e.getMessage()).replace(key, "an arrival");
                throw new ScanstreamException(e.code(), message, e);
            }
            throw e;
        }
    }

    /** See {@link ObjectStore#page}. */
    public List<ObjectStore.Listed> page(String prefix, String after, int most) {
        return store.page(prefix, after, most);
    }

    /**
     * The bytes that a ticket stands for; of an object that is larger than the ticket says no more than that is read.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} for a ticket without an entity tag, that points elsewhere or that
     *     names another size, {@code UNKNOWN_SCAN} if the object is gone, {@code SUPERSEDED} if it was overwritten, {@code TOO_LARGE} above the limit
     */
    public byte[] get(ClaimTicket ticket, long maxBytes) {
        if (ticket.etag() == null
                || !bucket().equals(ticket.bucket())
                || !ETAG.matcher(ticket.etag()).matches()
                || prefixes.stream().noneMatch(ticket.key()::startsWith)
                || DOTS.matcher(ticket.key()).find()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "claim ticket: '" + ticket.key() + "' of bucket " + ticket.bucket()
                            + " is not one of the arrivals, " + prefixes + " of bucket " + bucket()
                            + ", with its entity tag.");
        }
        Scans.requireAllowedSize(ticket, maxBytes);
        try {
            String etag = ticket.etag();
            byte[] bytes = unnamed(ticket.key(), () -> store.getIfMatch(ticket.key(), etag, ticket.sizeBytes() + 1))
                    .orElseThrow(() -> new ScanstreamException(
                            ErrorCode.UNKNOWN_SCAN, "object " + ticket.key() + " was deleted before it was scored."));
            Scans.requireSize(ticket, bytes);
            return bytes;
        } catch (ScanstreamException e) {
            if (e.code() == ErrorCode.CONFLICT) {
                throw new ScanstreamException(
                        ErrorCode.SUPERSEDED,
                        "object " + ticket.key() + " was overwritten before it was scored; what is there now is scored"
                                + " as a scan of its own.",
                        e);
            }
            throw e;
        }
    }
}
