package io.scanstream.access;

import io.scanstream.contracts.Json;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who did what, when, and whether it was done: one line of JSON each, under a logger of its own. An object is named by its
 * address, which holds names and ids of ours only; nothing of a body, a query or a file is ever in it.
 */
public final class AuditLog {
    /** The logger's name. */
    public static final String CATEGORY = "scanstream.audit";

    private static final Logger LOG = LoggerFactory.getLogger(CATEGORY);

    private final String service;

    public AuditLog(String service) {
        this.service = service;
    }

    /** How a request ended. */
    public enum Outcome {
        DONE,
        /** Not proved who it is, or not allowed. */
        REFUSED,
        /** Allowed, and not done: a mistake in it, too much of it, a conflict, an outage, or a client that went. */
        FAILED
    }

    /**
     * An entry.
     *
     * @param actor a caller's name; absent if it was not proved
     * @param action one of {@link Action}; absent for a refusal of something that is not logged otherwise
     * @param request method and template of the address
     * @param object the address of what it was done to; absent where it is not known, or was only claimed
     * @param status of the answer; 0 if there was none
     * @param trace the W3C trace's id
     */
    public record Entry(
            Instant at,
            String service,
            @Nullable String actor,
            @Nullable List<String> roles,
            @Nullable String action,
            String request,
            @Nullable String object,
            Outcome outcome,
            int status,
            @Nullable String trace) {}

    /** Writes an entry. */
    public void write(
            @Nullable Caller caller,
            @Nullable Action action,
            String request,
            @Nullable String object,
            Outcome outcome,
            int status,
            @Nullable String trace) {
        if (!LOG.isInfoEnabled()) {
            return;
        }
        LOG.info(Json.text(new Entry(
                Instant.now(),
                service,
                caller == null ? null : caller.name(),
                caller == null
                        ? null
                        : caller.roles().stream().map(Role::text).sorted().toList(),
                action == null ? null : action.text(),
                request,
                object,
                outcome,
                status,
                trace)));
    }
}
