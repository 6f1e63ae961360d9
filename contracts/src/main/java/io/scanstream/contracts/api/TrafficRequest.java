package io.scanstream.contracts.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code PUT /models/{name}/traffic}. It replaces what was there.
 *
 * @param arms who answers the scans that name neither a version nor an alias; absent: the champion
 * @param rules who answers such scans with certain headers, before arms are looked at; the first that holds counts. Absent:
 *     none
 * @param shadow aliases that score every scan besides; absent: none
 * @param actor who asks for it, a person's name; absent: the caller, where callers are known
 * @param reason for people; absent: none was given
 */
public record TrafficRequest(
        @Nullable List<Arm> arms,
        @Nullable List<Rule> rules,
        @Nullable List<String> shadow,
        @Nullable String actor,
        @Nullable String reason) {
    /**
     * One of those who answer, as a client writes it.
     *
     * @param share of the scan ids, 0 to 1
     */
    public record Arm(@Nullable String alias, @Nullable Double share) {}

    /**
     * A rule, as a client writes it.
     *
     * @param header a header's name, in any case
     * @param value the whole of what it must be
     */
    public record Rule(
            @Nullable String header,
            @Nullable String value,
            @Nullable String alias) {}

    /** Without rules. */
    public TrafficRequest(
            @Nullable List<Arm> arms, @Nullable List<String> shadow, @Nullable String actor, @Nullable String reason) {
        this(arms, null, shadow, actor, reason);
    }
}
