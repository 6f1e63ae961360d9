package io.scanstream.contracts.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.RoutingHeaders;
import io.scanstream.contracts.scoring.ScanId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One entry of a model's traffic journal, {@code traffic/<model>/<n>.json}: which aliases share the scans that name neither
 * a version nor an alias, and which score every scan besides, unheard. The highest number is what holds.
 *
 * @param arms who answers where no rule holds, with shares that add up to 1; empty: the champion alone
 * @param rules who answers scans with certain headers, over Kafka and over HTTP; the first that holds counts
 * @param shadow aliases whose versions score each scan of the model after it was answered
 * @param actor who changed it, a person's name
 * @param reason for people
 */
public record TrafficState(
        List<Arm> arms,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Rule> rules,
        List<String> shadow,
        String actor,
        String reason,
        Instant at) {
    /** How far the sum of the shares may be from 1. */
    public static final double SUM_TOLERANCE = 1e-9;

    /**
     * One of those who answer.
     *
     * @param share of the scan ids, 0 to 1
     */
    public record Arm(String alias, double share) {
        public Arm {
            Names.require("arm", alias);
            if (!(share >= 0 && share <= 1)) {
                throw new ScanstreamException(
                        ErrorCode.INVALID_REQUEST, "arm " + alias + ": its share, " + share + ", is not from 0 to 1.");
            }
        }
    }

    /**
     * A scan whose header has this value is answered by this alias, whatever its id.
     *
     * @param header its name, in lower case; see {@link RoutingHeaders}
     * @param value all of it, in the same case
     */
    public record Rule(String header, String value, String alias) {
        public Rule {
            Names.require("rule", alias);
            if (!RoutingHeaders.isName(header) || !RoutingHeaders.isValue(value)) {
                throw new ScanstreamException(
                        ErrorCode.INVALID_REQUEST, "rule for " + alias + ": " + RoutingHeaders.EXPECTED);
            }
        }
    }

    public TrafficState {
        arms = List.copyOf(arms);
        // Entries that were written before there were rules have none.
        rules = rules == null ? List.of() : List.copyOf(rules);
        shadow = List.copyOf(shadow);
        shadow.forEach(alias -> Names.require("shadow", alias));
        if (!arms.isEmpty() && !addUp(arms.stream().map(Arm::share).toList())) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "traffic: the shares of " + arms + " do not add up to 1.");
        }
    }

    /** A split without rules. */
    public TrafficState(List<Arm> arms, List<String> shadow, String actor, String reason, Instant at) {
        this(arms, List.of(), shadow, actor, reason, at);
    }

    /** Whether shares add up to 1. */
    public static boolean addUp(List<Double> shares) {
        return Math.abs(shares.stream().mapToDouble(Double::doubleValue).sum() - 1) <= SUM_TOLERANCE;
    }

    /** Nothing is split and nothing shadowed any more. */
    public static TrafficState ended(String actor, String reason, Instant at) {
        return new TrafficState(List.of(), List.of(), actor, reason, at);
    }

    /** Whether there is nothing to do but to ask the champion. */
    public boolean hasEnded() {
        return arms.isEmpty() && rules.isEmpty() && shadow.isEmpty();
    }

    /**
     * The alias that answers a scan for its headers.
     *
     * @return empty: no rule holds
     */
    public Optional<String> armOf(RoutingHeaders.Values headers) {
        return rules.stream()
                .filter(rule -> rule.value().equals(headers.of(rule.header())))
                .map(Rule::alias)
                .findFirst();
    }

    /**
     * The alias that answers a scan for its id: the same for the same scan, wherever and however often it is asked. The arms lie side
     * by side in their order from 0 to 1, and a scan is a point there; so a share that grows takes scans from its neighbour
     * and moves no others.
     *
     * @return empty: there are no arms
     */
    public Optional<String> armOf(String model, ScanId scan) {
        double point = point(model, scan);
        double end = 0;
        Optional<String> last = Optional.empty();
        for (Arm arm : arms) {
            if (arm.share() > 0) {
                end += arm.share();
                last = Optional.of(arm.alias());
                if (point < end) {
                    break;
                }
            }
        }
        return last;
    }

    /** 53 bits of a SHA-256, from 0 to below 1. The model's name is in it: two models split independently. */
    private static double point(String model, ScanId scan) {
        byte[] digest = Hashes.newSha256().digest((model + "/" + scan).getBytes(StandardCharsets.UTF_8));
        return (ByteBuffer.wrap(digest).getLong() >>> 11) * 0x1p-53;
    }
}
