package io.scanstream.trainer.data;

import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.dataset.Manifest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * Takes a share of images out of a split by a hash of what belongs together: their group and their subject, or their content
 * where they have neither. The same image falls on the same side in every version of a data set, and neither a group nor a
 * subject is cut.
 */
public final class StableSplit {

    /**
     * Chooses about a share of the entries. Every class gives at least one group and keeps at least one, where it has
     * two.
     *
     * @param salt tells this split from others of the same images
     */
    public static Set<Manifest.Entry> choose(Collection<Manifest.Entry> entries, double share, String salt) {
        Map<Manifest.Entry, String> keys = keys(entries);
        Set<String> chosenKeys = new HashSet<>();
        byClass(entries).values().forEach(members -> chosenKeys.addAll(chooseKeys(members, keys, share, salt)));
        Set<Manifest.Entry> chosen = new HashSet<>();
        entries.stream().filter(entry -> chosenKeys.contains(keys.get(entry))).forEach(chosen::add);
        return chosen;
    }

    /** Whether an entry by itself falls into a share; of many, about that share does. */
    public static boolean isIn(Manifest.Entry entry, double share, String salt) {
        return position(key(entry), salt) < share;
    }

    /**
     * One of so many parts, about equal ones in which every class comes as often as in the whole, as far as what belongs
     * together allows.
     *
     * @param part counts from 0
     */
    static Set<Manifest.Entry> part(Collection<Manifest.Entry> entries, int part, int of, String salt) {
        Map<Manifest.Entry, String> keys = keys(entries);
        Map<String, Integer> parts = new HashMap<>();
        // Goes on counting from class to class, so that small classes do not all begin with the first part.
        int next = 0;
        for (List<Manifest.Entry> members : byClass(entries).values()) {
            for (String key : inOrder(members, keys, salt)) {
                if (!parts.containsKey(key)) {
                    parts.put(key, next++ % of);
                }
            }
        }
        Set<Manifest.Entry> chosen = new HashSet<>();
        entries.stream()
                .filter(entry -> Objects.equals(parts.get(keys.get(entry)), part))
                .forEach(chosen::add);
        return chosen;
    }

    /**
     * So many of the entries, every class in its proportion, by a hash of their content: a larger subset holds the smaller
     * one but for rounding.
     *
     * @param size at most the number of entries
     */
    static Set<Manifest.Entry> sample(Collection<Manifest.Entry> entries, int size, String salt) {
        Set<Manifest.Entry> chosen = new HashSet<>();
        long before = 0;
        for (List<Manifest.Entry> members : byClass(entries).values()) {
            // Cumulative rounding: the shares add up to the size.
            long from = Math.round((double) before * size / entries.size());
            before += members.size();
            long to = Math.round((double) before * size / entries.size());
            members.stream()
                    .sorted(Comparator.comparingDouble(entry -> position(entry.sha256(), salt)))
                    .limit(to - from)
                    .forEach(chosen::add);
        }
        return chosen;
    }

    /** Sorted by the label. */
    private static Map<String, List<Manifest.Entry>> byClass(Collection<Manifest.Entry> entries) {
        Map<String, List<Manifest.Entry>> classes = new TreeMap<>();
        entries.forEach(
                entry -> classes.computeIfAbsent(entry.label() == null ? "" : entry.label(), label -> new ArrayList<>())
                        .add(entry));
        return classes;
    }

    private static Set<String> chooseKeys(
            List<Manifest.Entry> members, Map<Manifest.Entry, String> keyOf, double share, String salt) {
        List<String> keys = inOrder(members, keyOf, salt);
        long below = keys.stream().filter(key -> position(key, salt) < share).count();
        int count = (int) Math.max(Math.min(1, keys.size() - 1), Math.min(below, keys.size() - 1));
        return Set.copyOf(keys.subList(0, count));
    }

    private static List<String> inOrder(List<Manifest.Entry> members, Map<Manifest.Entry, String> keys, String salt) {
        return members.stream()
                .map(keys::get)
                .distinct()
                .sorted(Comparator.comparingDouble(key -> position(key, salt)))
                .toList();
    }

    /** What entries are split by: those of one group or of one subject, however they are linked, have the same key. */
    private static Map<Manifest.Entry, String> keys(Collection<Manifest.Entry> entries) {
        Map<String, String> linked = new HashMap<>();
        for (Manifest.Entry entry : entries) {
            if (entry.group() != null && entry.subject() != null) {
                String one = last(linked, groupKey(entry.group()));
                String other = last(linked, subjectKey(entry.subject()));
                if (!one.equals(other)) {
                    linked.put(one.compareTo(other) > 0 ? one : other, one.compareTo(other) > 0 ? other : one);
                }
            }
        }
        Map<Manifest.Entry, String> keys = new HashMap<>();
        entries.forEach(entry -> keys.put(entry, last(linked, key(entry))));
        return keys;
    }

    private static String last(Map<String, String> linked, String key) {
        String at = key;
        for (String next = linked.get(at); next != null; next = linked.get(at)) {
            at = next;
        }
        return at;
    }

    private static String key(Manifest.Entry entry) {
        if (entry.group() != null) {
            return groupKey(entry.group());
        }
        return entry.subject() != null ? subjectKey(entry.subject()) : "content " + entry.sha256();
    }

    private static String groupKey(String group) {
        return "group " + group;
    }

    private static String subjectKey(String subject) {
        return "subject " + subject;
    }

    /** In [0, 1), evenly spread. */
    private static double position(String key, String salt) {
        byte[] digest = Hashes.newSha256().digest((salt + "/" + key).getBytes(StandardCharsets.UTF_8));
        return (ByteBuffer.wrap(digest).getLong() >>> 11) * 0x1.0p-53;
    }

    private StableSplit() {}
}
