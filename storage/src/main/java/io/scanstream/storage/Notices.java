package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.model.ExclusionNotice;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.Withdrawal;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The prefix {@code notices/}: what became known of a published version after it was published, beside its package, which does
 * not change. Each notice is created once.
 */
public final class Notices {
    private static final String PREFIX = "notices/";
    private static final String WITHDRAWN = "withdrawn.json";
    private static final String EXCLUDED = "excluded-";

    private final ObjectStore store;

    public Notices(ObjectStore store) {
        this.store = store;
    }

    /**
     * Withdraws a version.
     *
     * @return false if it was withdrawn before: what was written first stands
     */
    public boolean withdraw(ModelVersion version, Withdrawal withdrawal) {
        return store.createIfAbsent(prefix(version) + WITHDRAWN, Json.bytes(withdrawal));
    }

    /** Why a version must not be used any more; empty: it may. */
    public Optional<Withdrawal> withdrawal(ModelVersion version) {
        return store.get(prefix(version) + WITHDRAWN).map(json -> Json.read(json, Withdrawal.class));
    }

    /** Every version that was withdrawn. */
    public Set<ModelVersion> withdrawn() {
        Set<ModelVersion> withdrawn = new HashSet<>();
        for (ObjectStore.Listed notice : store.list(PREFIX)) {
            List<String> parts = List.of(notice.key().split("/", -1));
            if (parts.size() == 4
                    && parts.get(3).equals(WITHDRAWN)
                    && Names.isValid(parts.get(1))
                    && Names.isValid(parts.get(2))) {
                withdrawn.add(new ModelVersion(parts.get(1), parts.get(2)));
            }
        }
        return withdrawn;
    }

    /**
     * Says of a version that a subject was excluded whose scans it was trained on.
     *
     * @return false if that was said before
     */
    public boolean exclude(ModelVersion version, ExclusionNotice notice) {
        return store.createIfAbsent(prefix(version) + EXCLUDED + notice.exclusion() + ".json", Json.bytes(notice));
    }

    /** The exclusions of subjects whose scans a version was trained on, oldest first. */
    public List<ExclusionNotice> exclusions(ModelVersion version) {
        return store.children(prefix(version)).stream()
                .filter(file -> file.startsWith(EXCLUDED))
                .sorted()
                .map(file -> store.require(prefix(version) + file, ErrorCode.INTERNAL))
                .map(json -> Json.read(json, ExclusionNotice.class))
                .toList();
    }

    /** The versions of a model of which there is any notice. */
    public Set<String> versions(String model) {
        return Set.copyOf(store.children(PREFIX + model + "/"));
    }

    private static String prefix(ModelVersion version) {
        return PREFIX + version.name() + "/" + version.version() + "/";
    }
}
