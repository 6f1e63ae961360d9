package io.scanstream.inference.kafka;

import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.storage.Incoming;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.Scans;
import java.util.List;
import java.util.function.Supplier;

/**
 * What claim tickets stand for: scans that the gateway stored, and objects that others put.
 *
 * @param store opened when first needed
 * @param incoming likewise
 * @param maxImageBytes of one scan
 */
public record ClaimedScans(Supplier<ObjectStore> store, Supplier<Incoming> incoming, long maxImageBytes) {

    /** Of the gateway alone. */
    public static ClaimedScans inStore(Supplier<ObjectStore> store, long maxImageBytes) {
        return new ClaimedScans(store, () -> new Incoming(store.get(), List.of()), maxImageBytes);
    }

    /** The scan's bytes; throws as {@link Scans#get} and {@link Incoming#get}. */
    byte[] fetch(ClaimTicket ticket) {
        return ticket.etag() == null
                ? new Scans(store.get()).get(ticket, maxImageBytes)
                : incoming.get().get(ticket, maxImageBytes);
    }
}
