package io.scanstream.inference.deadletter;

import org.jspecify.annotations.Nullable;

/**
 * Which dead letters are meant.
 *
 * @param from the first offset, of every partition
 * @param to the last offset, of every partition; absent: up to the end
 * @param code of the error; absent: any
 * @param model that was asked for; absent: any
 * @param limit most of them, the oldest; absent: all
 */
public record Choice(
        long from,
        @Nullable Long to,
        @Nullable String code,
        @Nullable String model,
        @Nullable Integer limit) {
    public static final Choice ALL = new Choice(0, null, null, null, null);

    boolean includes(DeadLetter letter) {
        return letter.offset() >= from
                && (to == null || letter.offset() <= to)
                && (code == null || code.equals(letter.code()))
                && (model == null || model.equals(letter.model()));
    }
}
