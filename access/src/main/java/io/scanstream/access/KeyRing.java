package io.scanstream.access;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The API keys that count now: those of the settings, and those of a file, which may change. Thread-safe. */
public final class KeyRing {
    private static final Logger LOG = LoggerFactory.getLogger(KeyRing.class);

    private final List<ApiKey> fixed;
    private final @Nullable Path file;
    private volatile List<ApiKey> keys;
    private String fileText = "";

    /**
     * Reads the keys.
     *
     * @param text as {@link ApiKey#read} has it
     * @param file with more of the same; read again by {@link #refresh}
     * @throws ScanstreamException {@code INVALID_REQUEST} if either cannot be read
     */
    public KeyRing(String text, @Nullable Path file) {
        this.fixed = ApiKey.read(text);
        this.file = file;
        this.keys = fixed;
        if (file != null) {
            take(text(file));
        }
    }

    public boolean isEmpty() {
        return keys.isEmpty();
    }

    /** Who shows this key. */
    public Optional<Caller> find(String shown) {
        return ApiKey.find(keys, shown).map(ApiKey::caller);
    }

    /** Reads the file again if it has changed. One that cannot be read changes nothing; the log says so each time. */
    public synchronized void refresh() {
        if (file == null) {
            return;
        }
        try {
            String text = text(file);
            if (!text.equals(fileText)) {
                take(text);
                LOG.info("{} API keys count from now on.", keys.size());
            }
        } catch (ScanstreamException e) {
            LOG.error("The API keys of before go on: {}", e.getMessage());
        }
    }

    private synchronized void take(String text) {
        List<ApiKey> all = new ArrayList<>(fixed);
        all.addAll(ApiKey.read(text));
        keys = List.copyOf(all);
        fileText = text;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "scanstream.security.keys-file: " + file + " cannot be read.", e);
        }
    }
}
