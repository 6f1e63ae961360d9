package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Side;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.storage.ModelPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a case is measured on: the service with its broker and store, its model published, and the limit beside it.
 *
 * @param scans encoded
 */
record Stand(Rig rig, Side limit, ModelPackage pack, Path scanFolder, List<byte[]> scans) implements AutoCloseable {

    /** Makes what is not made yet, and starts everything. */
    static Stand of(Case measured, Path project) throws IOException, InterruptedException {
        return of(measured, project, Map.of());
    }

    /** As {@link #of(Case, Path)}, the service with variables of its environment. */
    static Stand of(Case measured, Path project, Map<String, String> environment)
            throws IOException, InterruptedException {
        Path work = Files.createDirectories(project.resolve("target/bench"));
        Materials materials = new Materials(project, work);
        ModelPackage pack = materials.model(measured);
        Path scans = materials.scans(measured);
        Rig rig = Rig.start(project, Files.createTempDirectory(work, "home"), environment);
        try {
            // The service measures the model before it serves it: nothing else may run meanwhile.
            rig.publish(pack);
            rig.awaitLoaded(pack);
            Side limit = Side.inService(
                    project.resolve("inference-service"),
                    Limit.class,
                    "-Xmx1g",
                    Map.of(),
                    work.resolve(measured.name() + ".limit.log"),
                    pack.onnx().toString(),
                    scans.toString());
            return new Stand(rig, limit, pack, scans, Materials.read(scans));
        } catch (IOException | RuntimeException e) {
            rig.close();
            throw e;
        }
    }

    /** ONNX Runtime's own Node package on the same file and scans. */
    Side nodePeer(Path project, Path nodeModules) throws IOException {
        Preprocessing input = pack.card().preprocessing();
        List<String> command = List.of(
                "node",
                project.resolve("bench/peers/scoring.mjs").toString(),
                pack.onnx().toString(),
                scanFolder.toString(),
                Integer.toString(input.widthPx()),
                Integer.toString(input.channels()));
        Map<String, String> environment =
                Map.of("SCANSTREAM_NODE_MODULES", nodeModules.toAbsolutePath().toString());
        return new Side(command, environment, project.resolve("target/bench/peer.log"));
    }

    @Override
    public void close() throws IOException {
        limit.close();
        rig.close();
    }
}
