package io.scanstream.access;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may send one kind of request to one address.
 *
 * @param path a template as the OpenAPI document has it, such as {@code /api/v1/scans/{id}}; {@code /**} at its end stands
 *     for everything below
 * @param open whether nobody is asked who they are
 * @param roles who may; {@link Role#ADMIN} may always
 * @param action what the audit log calls it; absent: it is not logged
 */
public record AccessRule(
        String method,
        String path,
        boolean open,
        Set<Role> roles,
        @Nullable Action action) {
    private static final String OPEN = "open";

    public AccessRule {
        roles = Set.copyOf(roles);
    }

    /**
     * Reads a line of a table: method, path, roles with commas (or {@code open}), and perhaps an action.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} with the line
     */
    static AccessRule of(String line) {
        String[] columns = line.strip().split("\\s+", -1);
        if (columns.length < 3 || columns.length > 4 || !columns[1].startsWith("/")) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "expected METHOD /PATH ROLES [ACTION], found: " + line);
        }
        boolean open = columns[2].equals(OPEN);
        Set<Role> roles = EnumSet.of(Role.ADMIN);
        if (!open) {
            for (String role : columns[2].split(",", -1)) {
                roles.add(Role.of(role));
            }
        }
        Action action = columns.length < 4 ? null : Action.valueOf(columns[3].toUpperCase(Locale.ROOT));
        return new AccessRule(columns[0], columns[1], open, roles, action);
    }

    /** Whether one of a caller's roles will do. */
    public boolean allows(Caller caller) {
        for (Role role : caller.roles()) {
            if (roles.contains(role)) {
                return true;
            }
        }
        return open;
    }
}
