package io.scanstream.trainer.exploration;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Exploration;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.Image;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.imaging.PngWriter;
import io.scanstream.imaging.Preprocessor;
import io.scanstream.trainer.data.TrainingData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a data set. Which images are examined and shown follows from their hashes: the same version looks the same every
 * time.
 */
public final class Explorer {
    /** The page's file. */
    public static final String PAGE = "exploration.html";

    /** Where an ingest job leaves the page. */
    public static final String PAGE_COMPANION = "private/" + PAGE;

    /** A sample of so many gives mean and deviation to three digits; reading all of a large set again would not pay. */
    private static final int MOST_EXAMINED = 2000;

    private static final int MOST_SIZES = 12;
    private static final int SHOWN_OF_A_CLASS = 8;
    private static final int THUMBNAIL_PX = 96;

    private final Manifest manifest;
    private final TrainingData.Bytes bytes;
    private final ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());

    private Explorer(Manifest manifest, TrainingData.Bytes bytes) {
        this.manifest = manifest;
        this.bytes = bytes;
    }

    /**
     * A look at a data set.
     *
     * @param figures without pixels
     * @param page HTML with sample images, for the eyes of those who may see the data
     */
    public record Look(Exploration figures, String page) {}

    /**
     * Examines a data set, decoding on all cores.
     *
     * @throws ScanstreamException {@code INVALID_DATASET} naming an image that cannot be read any more
     */
    public static Look look(Manifest manifest, TrainingData.Bytes bytes) {
        Explorer explorer = new Explorer(manifest, bytes);
        Exploration figures = explorer.figures();
        return new Look(figures, ExplorationPage.html(manifest, figures, explorer.samples()));
    }

    private Exploration figures() {
        List<Manifest.Entry> examined = manifest.entries().stream()
                .filter(entry -> entry.duplicateOf() == null)
                .sorted(Comparator.comparing(Manifest.Entry::sha256))
                .limit(MOST_EXAMINED)
                .toList();
        Moments total = new Moments();
        Map<List<Integer>, Integer> sizes = new LinkedHashMap<>();
        for (Examined one : onAllCores(examined, this::examine)) {
            total.add(one.moments());
            sizes.merge(List.of(one.widthPx(), one.heightPx()), 1, Integer::sum);
        }
        Map<String, Integer> rejected = new TreeMap<>();
        manifest.rejected().forEach(file -> rejected.merge(file.code().name(), 1, Integer::sum));
        return new Exploration(
                manifest.dataset(),
                counts(),
                shares(total),
                examined.size(),
                sizes.entrySet().stream()
                        .map(size -> new Exploration.Size(
                                size.getKey().get(0), size.getKey().get(1), size.getValue()))
                        .sorted(Comparator.comparingInt(Exploration.Size::images)
                                .reversed()
                                .thenComparingInt(Exploration.Size::widthPx)
                                .thenComparingInt(Exploration.Size::heightPx))
                        .limit(MOST_SIZES)
                        .toList(),
                total.mean(),
                total.std(),
                rejected,
                (int) manifest.entries().stream()
                        .filter(entry -> entry.duplicateOf() != null)
                        .count(),
                manifest.nearDuplicates().size(),
                named(Manifest.Entry::group),
                named(Manifest.Entry::subject));
    }

    private int named(Function<Manifest.Entry, @Nullable String> column) {
        Set<String> names = new HashSet<>();
        for (Manifest.Entry entry : manifest.entries()) {
            String name = column.apply(entry);
            if (name != null) {
                names.add(name);
            }
        }
        return names.size();
    }

    private Map<String, Map<String, Integer>> counts() {
        Map<String, Map<String, Integer>> counts = new LinkedHashMap<>();
        for (Split split : Split.values()) {
            Map<String, Integer> byClass = new TreeMap<>(Manifest.CLASS_ORDER);
            for (Manifest.Entry entry : manifest.of(split)) {
                byClass.merge(Objects.requireNonNullElse(entry.label(), ""), 1, Integer::sum);
            }
            if (!byClass.isEmpty()) {
                counts.put(split.name().toLowerCase(Locale.ROOT), byClass);
            }
        }
        return counts;
    }

    private Map<String, Double> shares(Moments total) {
        Map<String, Double> shares = new LinkedHashMap<>();
        long sum = 0;
        long[] counts = new long[manifest.classes().size()];
        for (int k = 0; k < counts.length; k++) {
            String name = manifest.classes().get(k);
            counts[k] = manifest.maskValues().isEmpty()
                    ? manifest.entries().stream()
                            .filter(entry -> entry.duplicateOf() == null && name.equals(entry.label()))
                            .count()
                    : total.maskPixels(manifest.maskValues().get(k));
            sum += counts[k];
        }
        for (int k = 0; k < counts.length; k++) {
            shares.put(manifest.classes().get(k), (double) counts[k] / Math.max(1, sum));
        }
        return shares;
    }

    private record Examined(int widthPx, int heightPx, Moments moments) {}

    private Examined examine(Manifest.Entry entry) {
        Image image = decode(entry.path(), entry.sha256());
        Moments moments = Moments.of(image.pixels(), image.channels());
        if (entry.mask() != null) {
            Image mask = decode(entry.mask().path(), entry.mask().sha256());
            moments.addMask(mask.pixels(), mask.channels());
        }
        return new Examined(image.widthPx(), image.heightPx(), moments);
    }

    /**
     * One image of the grid.
     *
     * @param png a thumbnail
     * @param maskPng of its mask, its classes spread from black to white
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Sample(String label, String path, byte[] png, byte @Nullable [] maskPng) {}

    private List<Sample> samples() {
        Map<String, Integer> shown = new TreeMap<>();
        List<Manifest.Entry> chosen = manifest.entries().stream()
                .filter(entry -> entry.duplicateOf() == null && entry.split() != Split.UNLABELLED)
                .sorted(Comparator.comparing(Manifest.Entry::sha256))
                .filter(entry ->
                        shown.merge(Objects.requireNonNullElse(entry.label(), ""), 1, Integer::sum) <= SHOWN_OF_A_CLASS)
                .sorted(Comparator.comparing(entry -> Objects.requireNonNullElse(entry.label(), "")))
                .toList();
        return onAllCores(chosen, this::sample);
    }

    private Sample sample(Manifest.Entry entry) {
        byte[] png = thumbnail(decode(entry.path(), entry.sha256()), 3, Preprocessing.Interpolation.BILINEAR);
        byte[] mask = null;
        if (entry.mask() != null) {
            Image decoded = decode(entry.mask().path(), entry.mask().sha256());
            mask = thumbnail(decoded, 1, Preprocessing.Interpolation.NEAREST);
        }
        return new Sample(
                Objects.requireNonNullElse(entry.label(), ""),
                entry.path(),
                PngWriter.encode(png, THUMBNAIL_PX, THUMBNAIL_PX, 3),
                mask == null ? null : PngWriter.encode(spread(mask), THUMBNAIL_PX, THUMBNAIL_PX, 1));
    }

    private static byte[] thumbnail(Image image, int channels, Preprocessing.Interpolation interpolation) {
        return new Preprocessor(new Preprocessing(
                        THUMBNAIL_PX,
                        THUMBNAIL_PX,
                        channels,
                        Preprocessing.Resize.LETTERBOX,
                        interpolation,
                        Preprocessing.SixteenBit.SCALE))
                .apply(image);
    }

    /** The mask's values evenly from black to white: class indices of 0 and 1 could not be told apart by eye. */
    private byte[] spread(byte[] mask) {
        int last = Math.max(1, manifest.maskValues().size() - 1);
        byte[] out = new byte[mask.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (byte) (Math.max(0, manifest.maskValues().indexOf(mask[i] & 0xff)) * 255 / last);
        }
        return out;
    }

    private Image decode(String path, String sha256) {
        try {
            return decoder.decode(bytes.read(path, sha256));
        } catch (IOException e) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET,
                    "the image '" + path + "' of data set " + manifest.dataset() + " cannot be read any more: "
                            + e.getMessage(),
                    e);
        }
    }

    private static <A, B> List<B> onAllCores(List<A> items, Function<A, B> work) {
        ExecutorService workers =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            List<Future<B>> pending = new ArrayList<>();
            for (A item : items) {
                pending.add(workers.submit(() -> work.apply(item)));
            }
            List<B> done = new ArrayList<>();
            for (Future<B> one : pending) {
                done.add(one.get());
            }
            return done;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ScanstreamException(ErrorCode.CANCELLED, "the thread that explores was interrupted.", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ScanstreamException ours) {
                throw ours;
            }
            throw new ScanstreamException(ErrorCode.INTERNAL, "exploring failed: " + e.getCause(), e.getCause());
        } finally {
            workers.shutdownNow();
        }
    }
}
