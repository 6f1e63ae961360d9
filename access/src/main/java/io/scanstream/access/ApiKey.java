package io.scanstream.access;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A key that a program shows instead of a person's token. Only its SHA-256 is known here: keys are random (32 bytes), so there
 * is nothing that a slow hash would make harder to guess, and every request pays for this one.
 */
public final class ApiKey {
    /** Longer ones are none of ours; hashing them would be work that anybody can ask for. */
    private static final int LONGEST = 512;

    private static final int DIGEST_BYTES = 32;

    private final Caller caller;
    private final byte[] digest;

    private ApiKey(Caller caller, byte[] digest) {
        this.caller = caller;
        this.digest = digest;
    }

    public Caller caller() {
        return caller;
    }

    /**
     * Reads keys: one a line or between semicolons, as {@code NAME SHA256-HEX ROLE[,ROLE]}; lines with {@code #} are for people.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} with the number of the entry that is none, never with its text
     */
    public static List<ApiKey> read(String text) {
        List<ApiKey> keys = new ArrayList<>();
        Set<String> names = new HashSet<>();
        int number = 0;
        for (String line : text.split("[\\n;]", -1)) {
            number++;
            String entry = line.strip();
            if (entry.isEmpty() || entry.startsWith("#")) {
                continue;
            }
            try {
                ApiKey key = of(entry.split("\\s+", -1));
                if (!names.add(key.caller.name())) {
                    throw invalid("its name is there twice");
                }
                keys.add(key);
            } catch (ScanstreamException e) {
                throw new ScanstreamException(
                        ErrorCode.INVALID_REQUEST,
                        "API key " + number + ": " + e.getMessage() + " Expected NAME SHA256-HEX ROLE[,ROLE].",
                        e);
            }
        }
        return keys;
    }

    private static ApiKey of(String[] fields) {
        if (fields.length != 3) {
            throw invalid("it has " + fields.length + " fields.");
        }
        if (!Names.isValid(fields[0])) {
            throw invalid("its name is none: use a-z, 0-9, '.', '_' and '-'.");
        }
        if (!fields[1].matches("[0-9a-fA-F]{" + 2 * DIGEST_BYTES + "}")) {
            throw invalid("its second field is no SHA-256 in hex. printf %s KEY | sha256sum writes it.");
        }
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (String role : fields[2].split(",", -1)) {
            roles.add(Role.of(role));
        }
        return new ApiKey(new Caller("key:" + fields[0], roles), HexFormat.of().parseHex(fields[1]));
    }

    private static ScanstreamException invalid(String why) {
        return new ScanstreamException(ErrorCode.INVALID_REQUEST, why);
    }

    /** Whose key it is. Looks at all of them, each in constant time. */
    public static Optional<ApiKey> find(List<ApiKey> keys, String shown) {
        if (shown.isEmpty() || shown.length() > LONGEST) {
            return Optional.empty();
        }
        byte[] digest = Hashes.newSha256().digest(shown.getBytes(StandardCharsets.UTF_8));
        ApiKey found = null;
        for (ApiKey key : keys) {
            if (MessageDigest.isEqual(key.digest, digest)) {
                found = key;
            }
        }
        return Optional.ofNullable(found);
    }
}
