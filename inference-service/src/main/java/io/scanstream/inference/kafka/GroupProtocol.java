package io.scanstream.inference.kafka;

import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the consumers of this process find their partitions: as {@code kafka.group.protocol} says; else by the broker's own
 * protocol (KIP-848); else, once the broker was found not to have that, by the classic one. Thread-safe.
 */
final class GroupProtocol {
    private static final Logger LOG = LoggerFactory.getLogger(GroupProtocol.class);
    private static final String BROKERS_OWN = "consumer";
    private static final String CLASSIC = "classic";

    private final @Nullable Object chosen;
    private boolean isMissing;

    /** As the user chose; null: as the broker can. */
    GroupProtocol(@Nullable Object chosen) {
        this.chosen = chosen;
    }

    /** Sets what a member of a group needs. */
    synchronized void set(Map<String, Object> member) {
        Object protocol = chosen != null ? chosen : isMissing ? CLASSIC : BROKERS_OWN;
        member.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, protocol);
        if (CLASSIC.equalsIgnoreCase(protocol.toString())) {
            // Partitions that stay go on meanwhile, as they do under the broker's own protocol.
            member.putIfAbsent(
                    ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        }
    }

    /**
     * The broker has not got what a member asked for: says whether to open it once more.
     *
     * @param member as it was set
     */
    synchronized boolean fallBack(Map<String, Object> member) {
        if (chosen != null || !BROKERS_OWN.equals(member.get(ConsumerConfig.GROUP_PROTOCOL_CONFIG))) {
            return false;
        }
        if (!isMissing) {
            isMissing = true;
            LOG.warn(
                    "The broker does not support consumer groups of its own protocol (group.protocol=consumer, KIP-848):"
                            + " the classic protocol is used, with CooperativeStickyAssignor. kafka.group.protocol=classic says so"
                            + " from the start.");
        }
        return true;
    }
}
