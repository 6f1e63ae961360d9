package io.scanstream.contracts.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a long list; asked for with the query parameters {@code offset} (0) and {@code limit} (100, at most 1000).
 *
 * @param total how many there are in all
 * @param next the offset of the next part; absent on the last
 */
public record Page<T>(List<T> items, int total, @Nullable Integer next) {
    public Page {
        items = List.copyOf(items);
    }

    /** The part of a whole list that starts at an offset; an offset past the end gives no items. */
    public static <T> Page<T> of(List<T> all, int offset, int limit) {
        int from = Math.min(offset, all.size());
        int to = Math.min(all.size() - from, limit) + from;
        return new Page<>(all.subList(from, to), all.size(), to < all.size() ? to : null);
    }
}
