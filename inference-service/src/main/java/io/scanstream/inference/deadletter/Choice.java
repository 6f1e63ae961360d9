package io.scanstream.inference.deadletter;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which dead letters are meant.
 *
 * @param from the first offset, of every partition
 * @param to the last offset, of every partition; absent: up to the end
 * @param code of the error; absent: any
 * @param model that was asked for; absent: any
 * @param scan its id; absent: any
 * @param since when it was set aside, at the earliest; absent: from the beginning
 * @param until when it was set aside, before that; absent: up to the end
 * @param limit most of them, the oldest of all partitions; absent: all
 */
public record Choice(
        long from,
        @Nullable Long to,
        @Nullable String code,
        @Nullable String model,
        @Nullable String scan,
        @Nullable Instant since,
        @Nullable Instant until,
        @Nullable Integer limit) {
    public static final Choice ALL = new Choice(0, null, null, null, null, null, null, null);

    boolean includes(DeadLetter letter) {
        return letter.offset() >= from
                && (to == null || letter.offset() <= to)
                && (code == null || code.equals(letter.code()))
                && (model == null || model.equals(letter.model()))
                && (scan == null || scan.equals(letter.scanId()) || scan.equals(letter.key()))
                && (since == null || !letter.time().isBefore(since))
                && (until == null || letter.time().isBefore(until));
    }
}
