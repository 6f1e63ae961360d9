package io.scanstream.local.objectstore;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.local.home.AtomicFile;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Properties;

/**
 * What a client shows the object store. Made at random once per folder: other users of the machine reach the loopback
 * address too, so a well-known default would open the patients' scans to them.
 */
public record StoreCredentials(String accessKey, String secretKey) {
    public StoreCredentials {
        if (accessKey.isBlank() || secretKey.isBlank()) {
            throw new IllegalArgumentException("Expected an access key and a secret key, got a blank one.");
        }
    }

    /**
     * Reads the credentials, making them first where there are none; only the owner can read the file.
     *
     * @throws ScanstreamException {@link ErrorCode#INVALID_REQUEST} if the file holds something else
     */
    static StoreCredentials of(Path file) {
        if (Files.notExists(file)) {
            AtomicFile.write(file, "accessKey=scanstream-" + random(6) + "\nsecretKey=" + random(24) + "\n");
        }
        Properties kept = new Properties();
        try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            kept.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read the object store's credentials in " + file + ".", e);
        }
        String accessKey = kept.getProperty("accessKey", "");
        String secretKey = kept.getProperty("secretKey", "");
        if (accessKey.isBlank() || secretKey.isBlank()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "Expected accessKey and secretKey in " + file + ". Delete the file to have new ones made.");
        }
        return new StoreCredentials(accessKey, secretKey);
    }

    private static String random(int bytes) {
        byte[] random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    /** Never the secret: this text ends up in logs. */
    @Override
    public String toString() {
        return "StoreCredentials[" + accessKey + "]";
    }
}
