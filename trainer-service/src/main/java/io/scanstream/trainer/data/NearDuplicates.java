package io.scanstream.trainer.data;

import io.scanstream.contracts.dataset.Likeness;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Finds images that look like one of a later split: training images like validation or test images, validation like test. */
public final class NearDuplicates {
    /**
     * Of 144. Saved again or scaled, an image changes by a few bits, of two unrelated ones about half differ; neighbouring
     * slices of a chest CT begin at about 20, and 14 leaves a gap.
     */
    public static final int MOST_BITS = 14;

    private static final int WORDS = 3;
    private static final int DIGITS = Likeness.DIGITS / WORDS;

    /** The nearest image of a later split for each that has one; every split against every later one, on all cores. */
    public static List<Manifest.NearDuplicate> find(List<Manifest.Entry> entries) {
        List<Manifest.NearDuplicate> found = new ArrayList<>();
        List<Manifest.Entry> train = of(entries, Split.TRAIN);
        List<Manifest.Entry> validation = of(entries, Split.VALIDATION);
        List<Manifest.Entry> test = of(entries, Split.TEST);
        List<Manifest.Entry> later = new ArrayList<>(test);
        later.addAll(validation);
        compare(train, later, found);
        compare(validation, test, found);
        return found;
    }

    private static List<Manifest.Entry> of(List<Manifest.Entry> entries, Split split) {
        return entries.stream()
                .filter(entry -> entry.split() == split && entry.duplicateOf() == null && entry.likeness() != null)
                .toList();
    }

    private static void compare(
            List<Manifest.Entry> earlier, List<Manifest.Entry> later, List<Manifest.NearDuplicate> found) {
        long[] ours = words(earlier);
        long[] theirs = words(later);
        int[] nearest = new int[earlier.size()];
        int[] bits = IntStream.range(0, earlier.size())
                .parallel()
                .map(i -> {
                    int best = MOST_BITS + 1;
                    for (int j = 0; j < later.size(); j++) {
                        int distance = distance(ours, i * WORDS, theirs, j * WORDS, best);
                        if (distance < best) {
                            best = distance;
                            nearest[i] = j;
                        }
                    }
                    return best;
                })
                .toArray();
        for (int i = 0; i < bits.length; i++) {
            if (bits[i] <= MOST_BITS) {
                found.add(new Manifest.NearDuplicate(
                        earlier.get(i).path(), later.get(nearest[i]).path(), bits[i]));
            }
        }
    }

    private static int distance(long[] a, int atA, long[] b, int atB, int enough) {
        int bits = 0;
        for (int word = 0; word < WORDS && bits < enough; word++) {
            bits += Long.bitCount(a[atA + word] ^ b[atB + word]);
        }
        return bits;
    }

    private static long[] words(List<Manifest.Entry> entries) {
        long[] words = new long[entries.size() * WORDS];
        for (int i = 0; i < entries.size(); i++) {
            Manifest.Entry entry = entries.get(i);
            String hex = entry.likeness() == null ? "" : entry.likeness().hex();
            for (int word = 0; word < WORDS; word++) {
                words[i * WORDS + word] = Long.parseUnsignedLong(hex.substring(word * DIGITS, (word + 1) * DIGITS), 16);
            }
        }
        return words;
    }

    private NearDuplicates() {}
}
