package io.scanstream.local.aot;

import io.scanstream.local.platform.Platform;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** An upload, scans, and what a probe, a scraper and a browser ask for. */
final class GatewayWorkload implements Workload {
    @Override
    public void run(URI service, SampleModel model, Platform.Connections connections) throws InterruptedException {
        Caller caller = new Caller(service);
        for (String path : List.of(
                "/q/health/live", "/q/openapi", "/api/v1/recipes", "/api/v1/recipes/demo-cnn", "/api/v1/models")) {
            caller.get(path);
        }
        caller.post("/api/v1/datasets/sample", "application/zip", zip(model.scans()));
        caller.get("/api/v1/datasets/sample/1");
        caller.get("/api/v1/datasets");
        for (byte[] scan : model.scans()) {
            caller.post("/api/v1/scans?model=" + model.version().name(), "image/png", scan);
        }
        caller.get("/api/v1/models/" + model.version().name());
        caller.get("/q/metrics");
    }

    private static byte[] zip(List<byte[]> scans) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < scans.size(); i++) {
                zip.putNextEntry(new ZipEntry((i % 2 == 0 ? "benign/" : "cancer/") + i + ".png"));
                zip.write(scans.get(i));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
