package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The prefix {@code models/}: published packages, immutable. A package's files lie below {@code
 * models/<name>/<version>/<digest>/}, and {@code models/<name>/<version>/package.json}, created once and last, names the
 * digest that is the version. So a reader never sees half a package, and of two publishers of one version (an owner and
 * one that was taken for dead) the first one's package stands whole.
 */
public final class Models {
    private static final String PREFIX = "models/";
    private static final String POINTER = "package.json";

    private final ObjectStore store;

    public Models(ObjectStore store) {
        this.store = store;
    }

    /**
     * Which package a version is.
     *
     * @param digest of the package, see {@link ModelPackage#digest}
     */
    private record Pointer(String digest) {}

    public List<String> names() {
        return store.children(PREFIX);
    }

    /** The published versions of a model, oldest first. */
    public List<ModelVersion> versions(String name) {
        return store.children(PREFIX + name + "/").stream()
                .map(version -> new ModelVersion(name, version))
                .filter(this::exists)
                .toList();
    }

    public boolean exists(ModelVersion version) {
        return store.exists(pointerKey(version));
    }

    /**
     * Publishes a package.
     *
     * @return false if the version was published before: what was published first stands
     */
    public boolean publish(ModelVersion version, ModelPackage sealed) {
        if (exists(version)) {
            return false;
        }
        String prefix = prefix(version, sealed.digest());
        for (String file : ModelPackage.files(sealed.folder())) {
            try {
                store.put(prefix + file, Files.readAllBytes(sealed.folder().resolve(file)));
            } catch (IOException e) {
                throw new UncheckedIOException("package " + sealed.folder(), e);
            }
        }
        return store.createIfAbsent(pointerKey(version), Json.bytes(new Pointer(sealed.digest())));
    }

    /**
     * Downloads and verifies a package.
     *
     * @param folder is created; it must be empty or hold the same version
     * @throws ScanstreamException {@code UNKNOWN_MODEL} if there is no such version, {@code MODEL_NOT_VERIFIED} if a file
     *     is not what the checksums say
     */
    public ModelPackage fetch(ModelVersion version, Path folder) {
        Pointer pointer = pointer(version)
                .orElseThrow(() ->
                        new ScanstreamException(ErrorCode.UNKNOWN_MODEL, "no model " + version + " is published."));
        String prefix = prefix(version, pointer.digest());
        for (ObjectStore.Listed object : store.list(prefix)) {
            Path file = folder.resolve(object.key().substring(prefix.length())).normalize();
            if (!file.startsWith(folder.normalize())) {
                throw new ScanstreamException(
                        ErrorCode.MODEL_NOT_VERIFIED,
                        "model " + version + " has a file outside its package: " + object.key() + ".");
            }
            store.download(object.key(), file);
        }
        ModelPackage fetched = ModelPackage.read(folder);
        if (!fetched.digest().equals(pointer.digest())) {
            throw new ScanstreamException(
                    ErrorCode.MODEL_NOT_VERIFIED,
                    "model " + version + ": its checksums are not the published ones (" + pointer.digest() + ").");
        }
        return fetched;
    }

    public Optional<ModelCard> card(ModelVersion version) {
        return file(version, ModelPackage.CARD).map(json -> Json.read(json, ModelCard.class));
    }

    /** One file of a published version, such as {@link ModelPackage#REPORT}. */
    public Optional<byte[]> file(ModelVersion version, String file) {
        return pointer(version).flatMap(pointer -> store.get(prefix(version, pointer.digest()) + file));
    }

    /** The size in bytes of one file of a published version; empty if there is no such version or file. */
    public OptionalLong sizeBytes(ModelVersion version, String file) {
        Optional<Pointer> pointer = pointer(version);
        if (pointer.isEmpty()) {
            return OptionalLong.empty();
        }
        String key = prefix(version, pointer.get().digest()) + file;
        return store.list(key).stream()
                .filter(object -> object.key().equals(key))
                .mapToLong(ObjectStore.Listed::sizeBytes)
                .findFirst();
    }

    private Optional<Pointer> pointer(ModelVersion version) {
        return store.get(pointerKey(version)).map(json -> Json.read(json, Pointer.class));
    }

    private static String pointerKey(ModelVersion version) {
        return PREFIX + version.name() + "/" + version.version() + "/" + POINTER;
    }

    private static String prefix(ModelVersion version, String digest) {
        return PREFIX + version.name() + "/" + version.version() + "/" + digest + "/";
    }
}
