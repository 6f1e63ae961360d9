package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.imaging.PngWriter;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The worst answers of a split with their images, for the eyes of those who may see the data: it is kept apart from the
 * package. It holds a few dozen images however many are offered.
 */
final class Gallery {
    private static final int SHOWN = 48;

    private final Preprocessing input;
    private final int classes;
    private final PriorityQueue<Item> worst = new PriorityQueue<>(Comparator.comparingDouble(Item::badness));

    /**
     * One answer.
     *
     * @param badness the worse the larger
     * @param caption what is true and what was said
     * @param pixels uint8 {@code [height, width, channels]}
     * @param truth uint8 {@code [height, width]}, class indices; of a segmenter only
     * @param decided likewise
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Item(
            double badness,
            String path,
            String caption,
            byte[] pixels,
            byte @Nullable [] truth,
            byte @Nullable [] decided) {}

    Gallery(Preprocessing input, int classes) {
        this.input = input;
        this.classes = classes;
    }

    /**
     * Takes an answer in if it is among the worst so far.
     *
     * @param pixels of its batch, {@code [size, height, width, channels]}
     * @param index its place in the batch
     */
    void offer(double badness, String path, String caption, ByteBuffer pixels, int index) {
        if (isWorse(badness)) {
            add(new Item(badness, path, caption, slice(pixels, index, input.sizeBytes()), null, null));
        }
    }

    /**
     * As {@link #offer(double, String, String, ByteBuffer, int)}, with masks.
     *
     * @param truths of its batch, {@code [size, height, width]}
     * @param decided its own, {@code [height, width]}
     */
    void offer(
            double badness,
            String path,
            String caption,
            ByteBuffer pixels,
            ByteBuffer truths,
            byte[] decided,
            int index) {
        if (isWorse(badness)) {
            byte[] truth = slice(truths, index, decided.length);
            add(new Item(badness, path, caption, slice(pixels, index, input.sizeBytes()), truth, decided));
        }
    }

    private boolean isWorse(double badness) {
        Item least = worst.peek();
        return worst.size() < SHOWN || (least != null && badness > least.badness());
    }

    private void add(Item item) {
        worst.add(item);
        if (worst.size() > SHOWN) {
            worst.remove();
        }
    }

    /** A page with the answers, the worst one first; one file without scripts. */
    String html(String title) {
        List<Item> ordered = worst.stream()
                .sorted(Comparator.comparingDouble(Item::badness).reversed().thenComparing(Item::path))
                .toList();
        Html html = new Html(title);
        html.note("The " + worst.size() + " worst answers on images of the data set, at most " + SHOWN
                + ". Keep this page where the images themselves may be kept.");
        if (ordered.stream().anyMatch(item -> item.truth() != null)) {
            html.note("Of each image: itself, its mask, the decision, and both as outlines in it: the mask's blue, the"
                    + " decision's orange, white where they are the same.");
        }
        for (Item item : ordered) {
            html.raw("<figure>");
            image(html, item.pixels(), input.channels());
            if (item.truth() != null && item.decided() != null) {
                mask(html, item.truth());
                mask(html, item.decided());
                image(html, Outlines.drawn(input, item.pixels(), item.truth(), item.decided()), 3);
            }
            html.raw("<figcaption>").text(item.path()).raw("<br>").text(item.caption());
            html.raw("</figcaption></figure>\n");
        }
        return html.page();
    }

    private void mask(Html html, byte[] indices) {
        byte[] grey = new byte[indices.length];
        for (int i = 0; i < grey.length; i++) {
            grey[i] = (byte) ((indices[i] & 0xff) * 255 / (classes - 1));
        }
        image(html, grey, 1);
    }

    private void image(Html html, byte[] pixels, int channels) {
        byte[] png = PngWriter.encode(pixels, input.widthPx(), input.heightPx(), channels);
        html.raw("<img alt=\"\" src=\"data:image/png;base64,")
                .raw(Base64.getEncoder().encodeToString(png))
                .raw("\">");
    }

    private static byte[] slice(ByteBuffer batch, int index, int bytes) {
        byte[] copy = new byte[bytes];
        batch.get(batch.position() + index * bytes, copy);
        return copy;
    }
}
