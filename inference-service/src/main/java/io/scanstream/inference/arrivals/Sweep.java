package io.scanstream.inference.arrivals;

import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.storage.ArrivalMarks;
import io.scanstream.storage.Incoming;
import io.scanstream.storage.ObjectStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * Goes through one prefix in the order of its keys, some pages at a time, and hands on what is not marked. The marks are in
 * memory, some hundred bytes each, and are read again only where something unmarked is found, since other processes mark what
 * notifications announced. At the end of a round the marks of objects that are gone are forgotten. Used by one thread.
 */
final class Sweep {
    static final int PAGE = 1000;

    /** Files of marks beyond which they are written anew as few. */
    private static final int MOST_FILES = 64;

    private final String prefix;
    private final ArrivalMarks marks;
    private final Set<String> files = new HashSet<>();
    /** The round in which each marked object was last seen, or its mark was found. */
    private final Map<ScanId, Integer> marked = new HashMap<>();

    private int round;
    private String after = "";

    /** A sweep that is at the beginning and has read nothing. */
    Sweep(String prefix, ArrivalMarks marks) {
        this.prefix = prefix;
        this.marks = marks;
    }

    /**
     * Goes on.
     *
     * @param mostPages to list
     * @param room how many objects may be handed on now; asked once, and only if there are any
     * @param handOn takes some objects; when it returns they are marked
     * @return whether all that was found was handed on
     */
    boolean advance(Incoming incoming, int mostPages, IntSupplier room, Consumer<List<ObjectStore.Listed>> handOn) {
        int left = -1;
        for (int page = 0; page < mostPages; page++) {
            List<ObjectStore.Listed> listed = incoming.page(prefix, after, PAGE);
            List<ObjectStore.Listed> fresh = unmarked(incoming, listed);
            if (!fresh.isEmpty()) {
                readMarks();
                fresh = unmarked(incoming, fresh);
            }
            if (!fresh.isEmpty()) {
                left = left < 0 ? Math.max(0, room.getAsInt()) : left;
                List<ObjectStore.Listed> now = fresh.subList(0, Math.min(left, fresh.size()));
                if (!now.isEmpty()) {
                    handOn.accept(now);
                    mark(incoming, now);
                    left -= now.size();
                }
                if (now.size() < fresh.size()) {
                    after = now.isEmpty() ? after : now.get(now.size() - 1).key();
                    return false;
                }
            }
            if (listed.size() < PAGE) {
                endRound();
                return true;
            }
            after = listed.get(listed.size() - 1).key();
        }
        return true;
    }

    private List<ObjectStore.Listed> unmarked(Incoming incoming, List<ObjectStore.Listed> listed) {
        List<ObjectStore.Listed> unmarked = new ArrayList<>();
        for (ObjectStore.Listed object : listed) {
            boolean folder = object.key().endsWith("/");
            if (!folder && marked.replace(ArrivedScans.id(incoming.bucket(), object), round) == null) {
                unmarked.add(object);
            }
        }
        return unmarked;
    }

    private void readMarks() {
        for (String file : marks.files()) {
            if (!files.contains(file)) {
                marks.read(file).forEach(id -> marked.put(id, round));
                files.add(file);
            }
        }
    }

    private void mark(Incoming incoming, List<ObjectStore.Listed> objects) {
        List<ScanId> ids = objects.stream()
                .map(object -> ArrivedScans.id(incoming.bucket(), object))
                .toList();
        files.addAll(marks.add(ids));
        ids.forEach(id -> marked.put(id, round));
    }

    /** Marks that were there when the round began and whose objects did not come by are of objects that are gone. */
    private void endRound() {
        boolean gone = marked.values().removeIf(seen -> seen < round);
        round++;
        after = "";
        if (gone || files.size() > MOST_FILES) {
            List<String> old = List.copyOf(files);
            files.addAll(marks.add(marked.keySet()));
            for (String file : old) {
                marks.delete(file);
                files.remove(file);
            }
        }
    }
}
