package io.scanstream.inference.kafka;

import io.scanstream.contracts.scoring.ScanId;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/** The latest scan ids of one partition that have a committed score or are in hand, up to a bound. Not thread-safe. */
final class RepeatWindow {
    private final int most;
    private final Set<ScanId> ids = new LinkedHashSet<>();

    RepeatWindow(int most) {
        this.most = most;
    }

    boolean contains(ScanId id) {
        return ids.contains(id);
    }

    /**
     * Remembers an id as the newest; the oldest one is forgotten if there are too many.
     *
     * @return whether it is new
     */
    boolean add(ScanId id) {
        boolean isNew = !ids.remove(id);
        ids.add(id);
        if (ids.size() > most) {
            Iterator<ScanId> oldest = ids.iterator();
            oldest.next();
            oldest.remove();
        }
        return isNew;
    }

    int size() {
        return ids.size();
    }
}
