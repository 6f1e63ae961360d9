package io.scanstream.contracts;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 in lower-case hex, the project's one way to name bytes. */
public final class Hashes {
    public static String sha256(byte[] bytes) {
        return hex(newSha256().digest(bytes));
    }

    /** A digest to be fed piece by piece; {@link #hex} writes its result. */
    public static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    public static String hex(byte[] digest) {
        return HexFormat.of().formatHex(digest);
    }

    private Hashes() {}
}
