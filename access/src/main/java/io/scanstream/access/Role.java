package io.scanstream.access;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a caller is trusted with. A caller may have several. */
public enum Role {
    /** Looks at what does not name files or subjects: states, figures, models, scores. */
    READER,
    /** Sends scans and reads their answers. */
    SCORER,
    /** Uploads data sets, sees them, and trains. */
    TRAINER,
    /** Everything: besides, what others rely on, such as aliases and traffic, and deleting. */
    ADMIN;

    /** As keys, tokens and tables have it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The role of a name; a token may have other ones that mean nothing here. */
    public static Optional<Role> find(String text) {
        return Arrays.stream(values()).filter(role -> role.text().equals(text)).findFirst();
    }

    /**
     * The role of a name.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} for another one
     */
    static Role of(String text) {
        return find(text)
                .orElseThrow(() -> new ScanstreamException(
                        ErrorCode.INVALID_REQUEST,
                        "'" + text + "' is no role. There are: "
                                + List.of(values()).stream().map(Role::text).toList() + "."));
    }
}
