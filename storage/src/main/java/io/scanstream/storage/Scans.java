package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.contracts.scoring.ScanId;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.regex.Pattern;

/** The prefix {@code scans/}: scans too large for a record, by the day they came, deleted after their retention. */
public final class Scans {
    private static final String PREFIX = "scans/";
    /** As {@link #key(ScanId)} makes them: a ticket comes from whoever may write to Kafka. */
    private static final Pattern KEY = Pattern.compile(PREFIX + "\\d{4}-\\d{2}-\\d{2}/[0-9a-f-]{36}");

    private final ObjectStore store;

    public Scans(ObjectStore store) {
        this.store = store;
    }

    /** Keeps the bytes and returns the ticket that stands for them. */
    public ClaimTicket put(ScanId id, byte[] bytes) {
        return put(id, new ByteArrayInputStream(bytes), bytes.length);
    }

    /**
     * Keeps what the stream holds, a part at a time in memory. It is read to its end but not closed.
     *
     * @param sizeBytes -1 if it is not known
     */
    public ClaimTicket put(ScanId id, InputStream in, long sizeBytes) {
        DigestInputStream digesting = new DigestInputStream(in, Hashes.newSha256());
        CountingInputStream counting = new CountingInputStream(digesting);
        store.put(key(id), counting, sizeBytes);
        return new ClaimTicket(
                key(id), counting.count, Hashes.hex(digesting.getMessageDigest().digest()));
    }

    /**
     * The kept bytes of a scan; empty if none are kept.
     *
     * @param most no more of its first bytes
     */
    public Optional<byte[]> find(ScanId id, long most) {
        return store.get(key(id), most);
    }

    /** Deletes the kept bytes of a scan; nothing happens if none are kept. */
    public void delete(ScanId id) {
        store.delete(key(id));
    }

    private static String key(ScanId id) {
        LocalDate day = TimeOrderedId.timeOf(id.value()).atZone(ZoneOffset.UTC).toLocalDate();
        return PREFIX + day + "/" + id;
    }

    private static final class CountingInputStream extends FilterInputStream {
        private long count;

        CountingInputStream(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            count += read < 0 ? 0 : 1;
            return read;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int read = super.read(buffer, offset, length);
            count += Math.max(0, read);
            return read;
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }

    /**
     * The bytes that a ticket stands for; of an object that is larger than the ticket says no more than that is read.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} for a ticket that points elsewhere or to other bytes, {@code
     *     UNKNOWN_SCAN} if they are gone, {@code TOO_LARGE} above the limit
     */
    public byte[] get(ClaimTicket ticket, long maxBytes) {
        if (!KEY.matcher(ticket.key()).matches()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "claim ticket: '" + ticket.key() + "' is no scan that was kept, " + PREFIX + "<day>/<id>.");
        }
        requireAllowedSize(ticket, maxBytes);
        byte[] bytes = store.get(ticket.key(), ticket.sizeBytes() + 1)
                .orElseThrow(() -> new ScanstreamException(
                        ErrorCode.UNKNOWN_SCAN, "no object " + ticket.key() + " in " + store + "."));
        requireSize(ticket, bytes);
        if (!Hashes.sha256(bytes).equals(ticket.sha256())) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "claim ticket: " + ticket.key() + " holds " + bytes.length
                            + " bytes that are not the ones it names.");
        }
        return bytes;
    }

    /** {@code INVALID_REQUEST} for a size that is none, {@code TOO_LARGE} for one above the limit. */
    static void requireAllowedSize(ClaimTicket ticket, long maxBytes) {
        if (ticket.sizeBytes() < 0) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "claim ticket: " + ticket.sizeBytes() + " is no size of a scan.");
        }
        if (ticket.sizeBytes() > maxBytes) {
            throw new ScanstreamException(
                    ErrorCode.TOO_LARGE,
                    "claim ticket: " + ticket.sizeBytes() + " bytes are above the limit of " + maxBytes + ".");
        }
    }

    /** {@code INVALID_REQUEST} if there are more bytes than the ticket says, read up to one too many, or fewer. */
    static void requireSize(ClaimTicket ticket, byte[] bytes) {
        if (bytes.length != ticket.sizeBytes()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "claim ticket: " + ticket.key() + " is not of the " + ticket.sizeBytes()
                            + " bytes that it names but "
                            + (bytes.length > ticket.sizeBytes() ? "larger." : "of " + bytes.length + "."));
        }
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
