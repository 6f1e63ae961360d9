package io.scanstream.trainer.data;

import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.dataset.Manifest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Takes a share of images out of a split by a hash of their group, or of their content where they have no group: the same
 * image falls on the same side in every version of a data set, and a group is never cut.
 */
public final class StableSplit {

    /**
     * Chooses about a share of the entries. Every class gives at least one group and keeps at least one, where it has
     * two.
     *
     * @param salt tells this split from others of the same images
     */
    public static Set<Manifest.Entry> choose(Collection<Manifest.Entry> entries, double share, String salt) {
        Map<String, List<Manifest.Entry>> classes = new LinkedHashMap<>();
        entries.forEach(
                entry -> classes.computeIfAbsent(entry.label() == null ? "" : entry.label(), label -> new ArrayList<>())
                        .add(entry));
        Set<String> chosenKeys = new HashSet<>();
        classes.values().forEach(members -> chosenKeys.addAll(chooseKeys(members, share, salt)));
        Set<Manifest.Entry> chosen = new HashSet<>();
        entries.stream().filter(entry -> chosenKeys.contains(key(entry))).forEach(chosen::add);
        return chosen;
    }

    /** Whether an entry by itself falls into a share; of many, about that share does. */
    public static boolean isIn(Manifest.Entry entry, double share, String salt) {
        return position(key(entry), salt) < share;
    }

    /** In which of so many equal parts an entry falls, counts from 0; entries of one group fall into the same. */
    static int part(Manifest.Entry entry, int parts, String salt) {
        return (int) (position(key(entry), salt) * parts);
    }

    /**
     * So many of the entries, every class in its proportion, by a hash of their content: a larger subset holds the smaller
     * one but for rounding.
     *
     * @param size at most the number of entries
     */
    static Set<Manifest.Entry> sample(Collection<Manifest.Entry> entries, int size, String salt) {
        Map<String, List<Manifest.Entry>> classes = new TreeMap<>();
        entries.forEach(
                entry -> classes.computeIfAbsent(entry.label() == null ? "" : entry.label(), label -> new ArrayList<>())
                        .add(entry));
        Set<Manifest.Entry> chosen = new HashSet<>();
        long before = 0;
        for (List<Manifest.Entry> members : classes.values()) {
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

    private static Set<String> chooseKeys(List<Manifest.Entry> members, double share, String salt) {
        List<String> keys = members.stream()
                .map(StableSplit::key)
                .distinct()
                .sorted(Comparator.comparingDouble(key -> position(key, salt)))
                .toList();
        long below = keys.stream().filter(key -> position(key, salt) < share).count();
        int count = (int) Math.max(Math.min(1, keys.size() - 1), Math.min(below, keys.size() - 1));
        return Set.copyOf(keys.subList(0, count));
    }

    private static String key(Manifest.Entry entry) {
        if (entry.group() != null) {
            return "group " + entry.group();
        }
        return entry.subject() != null ? "subject " + entry.subject() : "content " + entry.sha256();
    }

    /** In [0, 1), evenly spread. */
    private static double position(String key, String salt) {
        byte[] digest = Hashes.newSha256().digest((salt + "/" + key).getBytes(StandardCharsets.UTF_8));
        return (ByteBuffer.wrap(digest).getLong() >>> 11) * 0x1.0p-53;
    }

    private StableSplit() {}
}
