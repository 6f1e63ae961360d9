package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.AliasState;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.TrafficState;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Journal;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import io.scanstream.storage.Notices;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.Traffic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the object store says of models and their traffic, read anew at each call. Every method throws {@code STORE_UNAVAILABLE} while the
 * store does not answer.
 */
public final class PublishedModels {
    private static final Logger LOG = LoggerFactory.getLogger(PublishedModels.class);

    /** An alias whose newest versions are refused is served by an older one, but not by any that ever was. */
    private static final int MOST_CANDIDATES = 3;

    private static final String FOLDER = "model-";

    private final Supplier<ObjectStore> store;
    private final ModelLoader loader;
    private final Path cacheDir;

    /**
     * Nothing is read yet.
     *
     * @param store opened when first needed
     * @param cacheDir where packages lie while they are verified; they are deleted afterwards
     */
    public PublishedModels(Supplier<ObjectStore> store, ModelLoader loader, Path cacheDir) {
        this.store = store;
        this.loader = loader;
        this.cacheDir = cacheDir;
    }

    /**
     * An alias and the version that it means.
     *
     * @param version absent: it was withdrawn
     * @param since when it came to mean that
     */
    record Meaning(ModelRef alias, @Nullable ModelVersion version, Instant since) {}

    /**
     * The aliases of all models.
     *
     * @param meanings those that changed last first
     * @param unreadable those of which nobody knows what they mean: their journals hold something else
     * @param withdrawn versions that must not be used any more, whatever means them
     */
    record Aliased(List<Meaning> meanings, Set<ModelRef> unreadable, Set<ModelVersion> withdrawn) {}

    /** Every alias of every model. */
    Aliased aliases() {
        List<Meaning> all = new ArrayList<>();
        Set<ModelRef> unreadable = new HashSet<>();
        Aliases aliases = new Aliases(store.get());
        for (String model : new Models(store.get()).names()) {
            for (String alias : aliases.names(model)) {
                if (!Names.isValid(model) || !Names.isValid(alias)) {
                    LOG.error("The alias {} of model {} is left out: that is no name.", alias, model);
                    continue;
                }
                ModelRef ref = new ModelRef(model, null, alias);
                try {
                    aliases.journal(model, alias)
                            .head()
                            .map(entry -> meaning(ref, entry.value()))
                            .ifPresent(all::add);
                } catch (ScanstreamException e) {
                    if (e.code().retryable()) {
                        throw e;
                    }
                    LOG.error("{} stays as it was: what it means cannot be read: {}", ref, e.getMessage());
                    unreadable.add(ref);
                }
            }
        }
        all.sort(Comparator.comparing(Meaning::since).reversed());
        return new Aliased(all, unreadable, withdrawn());
    }

    private static Meaning meaning(ModelRef alias, AliasState state) {
        String version = state.version();
        return new Meaning(alias, version == null ? null : new ModelVersion(alias.model(), version), state.at());
    }

    /** How scans are split, of the models whose scans are. */
    Map<String, TrafficState> traffic() {
        Map<String, TrafficState> all = new HashMap<>();
        Traffic traffic = new Traffic(store.get());
        for (String model : traffic.models()) {
            try {
                traffic.journal(model)
                        .head()
                        .map(Journal.Entry::value)
                        .filter(split -> !split.hasEnded())
                        .ifPresent(split -> all.put(model, split));
            } catch (ScanstreamException e) {
                if (e.code().retryable()) {
                    throw e;
                }
                LOG.error("The champion answers all scans of model {}: its traffic cannot be read.", model, e);
            }
        }
        return all;
    }

    /** The size of a version's model file, in bytes; 0 if there is none, which {@link #load} then says. */
    long onnxBytes(ModelVersion version) {
        return new Models(store.get()).sizeBytes(version, ModelPackage.MODEL).orElse(0);
    }

    /** The versions that must not be used any more. */
    Set<ModelVersion> withdrawn() {
        return new Notices(store.get()).withdrawn();
    }

    /**
     * The versions that may serve an alias, best first: what it means now, then what it meant before, back to where it meant
     * nothing; those that were withdrawn are left out. Empty: it means nothing.
     */
    List<ModelVersion> candidates(ModelRef alias) {
        Set<ModelVersion> withdrawn = withdrawn();
        Journal<AliasState> journal = new Aliases(store.get()).journal(alias.model(), alias.alias());
        List<Journal.Entry<AliasState>> history = journal.history();
        List<ModelVersion> candidates = new ArrayList<>();
        for (int i = history.size() - 1; i >= 0 && candidates.size() < MOST_CANDIDATES; i--) {
            String version = history.get(i).value().version();
            if (version == null) {
                break;
            }
            ModelVersion candidate = new ModelVersion(alias.model(), version);
            if (!candidates.contains(candidate) && !withdrawn.contains(candidate)) {
                candidates.add(candidate);
            }
        }
        return candidates;
    }

    /**
     * Fetches, verifies and warms a version. The caller is its first user.
     *
     * @throws ScanstreamException {@code UNKNOWN_MODEL}, {@code MODEL_WITHDRAWN}, {@code MODEL_NOT_VERIFIED} or {@code
     *     STORE_UNAVAILABLE}
     */
    LoadedModel load(ModelVersion version) {
        new Notices(store.get()).withdrawal(version).ifPresent(withdrawal -> {
            throw new ScanstreamException(
                    ErrorCode.MODEL_WITHDRAWN,
                    "model " + version + " was withdrawn at " + withdrawal.at() + " and must not be used: "
                            + withdrawal.reason());
        });
        Path folder = newFolder();
        try {
            ModelPackage pack = loader.fetched(() -> new Models(store.get()).fetch(version, folder));
            if (!pack.card().name().equals(version.name())
                    || !pack.card().version().equals(version.version())) {
                throw new ScanstreamException(
                        ErrorCode.MODEL_NOT_VERIFIED,
                        "model " + version + ": its card is that of "
                                + pack.card().name() + "/" + pack.card().version() + ".");
            }
            return loader.load(pack);
        } finally {
            delete(folder);
        }
    }

    private Path newFolder() {
        try {
            Files.createDirectories(cacheDir);
            deleteLeftOvers();
            return Files.createTempDirectory(cacheDir, FOLDER);
        } catch (IOException e) {
            // Not the model's fault: it is tried again.
            throw new ScanstreamException(
                    ErrorCode.STORE_UNAVAILABLE,
                    "scanstream.cache-dir: no folder can be made in " + cacheDir + ": " + e.getMessage(),
                    e);
        }
    }

    /** What processes that were killed while they loaded have left; nobody takes an hour to verify a package. */
    private void deleteLeftOvers() throws IOException {
        Instant longAgo = Instant.now().minus(Duration.ofHours(1));
        try (Stream<Path> folders = Files.list(cacheDir)) {
            for (Path folder : folders.filter(
                            one -> one.getFileName().toString().startsWith(FOLDER))
                    .toList()) {
                if (Files.getLastModifiedTime(folder).toInstant().isBefore(longAgo)) {
                    delete(folder);
                }
            }
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            LOG.warn("{} could not be deleted.", folder, e);
        }
    }
}
