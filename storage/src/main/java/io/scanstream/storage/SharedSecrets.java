package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import java.security.SecureRandom;

/** The prefix {@code secrets/}: random bytes that every replica of a service must share. Made by whoever asks first. */
public final class SharedSecrets {
    private static final String PREFIX = "secrets/";

    private final ObjectStore store;

    public SharedSecrets(ObjectStore store) {
        this.store = store;
    }

    /** The 32 bytes of a name, the same ones for ever. */
    public byte[] get(String name) {
        byte[] fresh = new byte[32];
        new SecureRandom().nextBytes(fresh);
        return store.createIfAbsent(PREFIX + name, fresh) ? fresh : store.require(PREFIX + name, ErrorCode.INTERNAL);
    }
}
