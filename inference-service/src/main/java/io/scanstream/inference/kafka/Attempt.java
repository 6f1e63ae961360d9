package io.scanstream.inference.kafka;

import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * What the window of scored ids remembers of a record: the scan's id, and for a record that was replayed from the dead
 * letters an id that derives from it and from the attempt. So a replay is no repeat of what was rejected before, but a
 * second copy of the same replay is. Scores carry the header that says so on, since the window is read back from them.
 */
final class Attempt {
    static ScanId of(ScanId id, Headers headers) {
        Header replay = headers.lastHeader(ScanHeaders.REPLAY);
        if (replay == null || replay.value() == null) {
            return id;
        }
        String number = new String(replay.value(), StandardCharsets.UTF_8);
        return new ScanId(TimeOrderedId.derived(TimeOrderedId.timeOf(id.value()), id + "/" + number));
    }

    static void copyReplay(Headers from, Headers to) {
        Header replay = from.lastHeader(ScanHeaders.REPLAY);
        if (replay != null) {
            to.add(replay);
        }
    }

    private Attempt() {}
}
