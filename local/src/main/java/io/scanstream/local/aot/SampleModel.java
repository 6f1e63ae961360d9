package io.scanstream.local.aot;

import io.scanstream.contracts.model.AliasState;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.local.platform.Platform;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.StoreConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A model of 883 parameters that comes with this module, as {@code ./scanstream train} wrote it, less its larger golden images
 * and its report; its recipe lies with it.
 *
 * @param version its name, {@code warm-up}, and its version
 * @param scans its golden images, PNG
 */
public record SampleModel(ModelVersion version, List<byte[]> scans) {
    private static final String BUCKET = "scanstream";
    private static final String REGION = "us-east-1";

    /** Puts it into a store as the champion of its name. */
    static SampleModel publish(Platform.Connections connections, Path folder) {
        ModelPackage pack = unpacked(folder);
        ModelVersion version = new ModelVersion(pack.card().name(), pack.card().version());
        try (ObjectStore store = ObjectStore.open(new StoreConfig(
                connections.store(),
                connections.credentials().accessKey(),
                connections.credentials().secretKey(),
                BUCKET,
                REGION))) {
            new Models(store).publish(version, pack);
            new Aliases(store)
                    .journal(version.name(), ScanHeaders.CHAMPION)
                    .update(head ->
                            Optional.of(AliasState.promoted(version.version(), "aot", "trained with", Instant.now())));
        }
        List<byte[]> scans =
                pack.golden().cases().stream().map(pack::goldenImage).toList();
        return new SampleModel(version, scans);
    }

    /**
     * The package as files, held against its checksums.
     *
     * @param folder is made if absent
     */
    public static ModelPackage unpacked(Path folder) {
        try {
            for (String file : files()) {
                Path target = folder.resolve(file);
                Files.createDirectories(target.getParent());
                Files.write(target, resource(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ModelPackage.read(folder);
    }

    private static List<String> files() throws IOException {
        List<String> files = new ArrayList<>(List.of(ModelPackage.CHECKSUMS));
        String checksums = new String(resource(ModelPackage.CHECKSUMS), StandardCharsets.UTF_8);
        checksums.lines().forEach(line -> files.add(line.substring(line.indexOf("  ") + 2)));
        return files;
    }

    private static byte[] resource(String file) throws IOException {
        try (InputStream in = SampleModel.class.getResourceAsStream("model/" + file)) {
            if (in == null) {
                throw new IllegalStateException("model/" + file + " is not packaged");
            }
            return in.readAllBytes();
        }
    }
}
