package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ScanId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/**
 * The prefix {@code arrivals/}: the ids of the objects that were handed on for scoring, in files of many ids, one a line. Any
 * process adds files; one at a time reads them all, writes them anew without the ids of objects that are gone, and then
 * deletes the ones it had read. So ids are forgotten only by who has read them, even if two processes do that at once.
 */
public final class ArrivalMarks {
    private static final String PREFIX = "arrivals/";
    private static final String SUFFIX = ".txt";
    private static final int MOST_IN_FILE = 100_000;

    private final ObjectStore store;
    private final String prefix;

    /**
     * Marks for one prefix of incoming objects.
     *
     * @param incoming ends in '/'
     * @throws ScanstreamException {@code INVALID_REQUEST} if the marks would be taken for incoming objects themselves
     */
    public ArrivalMarks(ObjectStore store, String incoming) {
        if (incoming.startsWith(PREFIX)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "arrivals below " + incoming + ": choose a prefix outside of " + PREFIX + ".");
        }
        this.store = store;
        this.prefix = PREFIX + incoming;
    }

    /** Keeps ids in new files, and returns their names; none for no ids. */
    public List<String> add(Collection<ScanId> ids) {
        List<String> lines = ids.stream().map(ScanId::toString).toList();
        List<String> files = new ArrayList<>();
        for (int from = 0; from < lines.size(); from += MOST_IN_FILE) {
            String name = UUID.randomUUID() + SUFFIX;
            List<String> part = lines.subList(from, Math.min(lines.size(), from + MOST_IN_FILE));
            store.put(prefix + name, String.join("\n", part).getBytes(StandardCharsets.UTF_8));
            files.add(name);
        }
        return files;
    }

    /** The names of all files. */
    public List<String> files() {
        return store.children(prefix).stream()
                .filter(name -> name.endsWith(SUFFIX))
                .toList();
    }

    /** The ids of a file; none if it was deleted meanwhile. */
    public List<ScanId> read(String file) {
        return store.get(prefix + file)
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8)
                        .lines()
                        .map(ScanId::of)
                        .toList())
                .orElse(List.of());
    }

    public void delete(String file) {
        store.delete(prefix + file);
    }
}
