package io.scanstream.storage;

import io.scanstream.contracts.scoring.ScanId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The prefix {@code subjects/}: which kept scans are whose, {@code subjects/<digest of the subject>/<scan id>}. The digest is
 * keyed with a secret of the installation: ids of patients are few enough to be guessed from a plain one.
 */
public final class SubjectScans {
    private static final String PREFIX = "subjects/";
    private static final String ALGORITHM = "HmacSHA256";

    private final ObjectStore store;
    private final byte[] secret;

    public SubjectScans(ObjectStore store) {
        this.store = store;
        this.secret = new SharedSecrets(store).get("subjects");
    }

    /** What stands for a subject: the same in the whole installation, in hex. */
    public String digest(String subject) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
            return HexFormat.of().formatHex(mac.doFinal(subject.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }

    /** Remembers that a scan is of a subject. */
    public void record(String subject, ScanId scan) {
        store.put(PREFIX + digest(subject) + "/" + scan, new byte[0]);
    }

    /** The scans of a subject that are remembered. */
    public List<ScanId> scans(String subject) {
        return store.children(PREFIX + digest(subject) + "/").stream()
                .map(id -> new ScanId(UUID.fromString(id)))
                .toList();
    }

    /** Forgets that a scan was a subject's. */
    public void forget(String subject, ScanId scan) {
        store.delete(PREFIX + digest(subject) + "/" + scan);
    }

    /** Forgets what was remembered before the moment, as the scans themselves are deleted; returns how much. */
    public int deleteBefore(Instant moment) {
        int deleted = 0;
        for (ObjectStore.Listed object : store.list(PREFIX)) {
            if (object.lastModified().isBefore(moment)) {
                store.delete(object.key());
                deleted++;
            }
        }
        return deleted;
    }
}
