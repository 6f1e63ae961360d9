package io.scanstream.contracts;

import java.util.regex.Pattern;

/** The rule for names that people choose (models, data sets, aliases, recipes): they become parts of object keys. */
public final class Names {
    private static final Pattern NAME = Pattern.compile("[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?");

    /**
     * Returns the name if it can be one: 1 to 64 of a-z, 0-9, '.', '_' and '-', a letter or digit at both ends, no
     * two dots in a row.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} naming the field
     */
    public static String require(String field, String name) {
        if (!isValid(name)) {
            String shown = name.length() > 80 ? name.substring(0, 80) + "…" : name;
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    field + ": '" + shown + "' is not a name. Use 1 to 64 of a-z, 0-9, '.', '_' and '-',"
                            + " with a letter or a digit at both ends.");
        }
        return name;
    }

    public static boolean isValid(String name) {
        return NAME.matcher(name).matches() && !name.contains("..");
    }

    private Names() {}
}
