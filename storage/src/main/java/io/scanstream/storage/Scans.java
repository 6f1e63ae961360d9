package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.contracts.scoring.ScanId;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;

/** The prefix {@code scans/}: scans too large for a record, by the day they came, deleted after their retention. */
public final class Scans {
    private static final String PREFIX = "scans/";

    private final ObjectStore store;

    public Scans(ObjectStore store) {
        this.store = store;
    }

    /** Keeps the bytes and returns the ticket that stands for them. */
    public ClaimTicket put(ScanId id, byte[] bytes) {
        LocalDate day = TimeOrderedId.timeOf(id.value()).atZone(ZoneOffset.UTC).toLocalDate();
        String key = PREFIX + day + "/" + id;
        store.put(key, bytes);
        return new ClaimTicket(key, bytes.length, Hashes.sha256(bytes));
    }

    /**
     * The bytes that a ticket stands for.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} for a ticket that points elsewhere or to other bytes, {@code
     *     UNKNOWN_SCAN} if they are gone, {@code TOO_LARGE} above the limit
     */
    public byte[] get(ClaimTicket ticket, long maxBytes) {
        if (!ticket.key().startsWith(PREFIX) || ticket.key().contains("..")) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "claim ticket: '" + ticket.key() + "' is not below " + PREFIX + ".");
        }
        if (ticket.sizeBytes() > maxBytes) {
            throw new ScanstreamException(
                    ErrorCode.TOO_LARGE,
                    "claim ticket: " + ticket.sizeBytes() + " bytes are above the limit of " + maxBytes + ".");
        }
        byte[] bytes = store.require(ticket.key(), ErrorCode.UNKNOWN_SCAN);
        if (bytes.length != ticket.sizeBytes() || !Hashes.sha256(bytes).equals(ticket.sha256())) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "claim ticket: " + ticket.key() + " holds " + bytes.length
                            + " bytes that are not the ones it names.");
        }
        return bytes;
    }

    /** Deletes the scans of days that ended before the moment; returns how many. */
    public int deleteBefore(Instant moment) {
        LocalDate first = moment.atZone(ZoneOffset.UTC).toLocalDate();
        int deleted = 0;
        for (String day : store.children(PREFIX)) {
            if (isBefore(day, first)) {
                for (ObjectStore.Listed scan : store.list(PREFIX + day + "/")) {
                    store.delete(scan.key());
                    deleted++;
                }
            }
        }
        return deleted;
    }

    private static boolean isBefore(String day, LocalDate first) {
        try {
            return LocalDate.parse(day).isBefore(first);
        } catch (DateTimeParseException e) {
            // Not one of ours: left alone.
            return false;
        }
    }
}
