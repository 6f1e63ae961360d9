package io.scanstream.local.demo;

import com.fasterxml.jackson.databind.node.TextNode;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.DatasetState;
import io.scanstream.contracts.api.DatasetView;
import io.scanstream.contracts.api.TrainingRequest;
import io.scanstream.contracts.api.TrainingView;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.model.Confusion;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.scoring.ScoreEvent;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The main job, once: upload a data set, train a recipe on it over Kafka, score its test scans over Kafka, report. */
public final class Demo {
    private final GatewayClient gateway;
    private final Path folder;
    private final PrintStream out;
    private final boolean terminal;

    /**
     * What to do.
     *
     * @param data a folder of images with labels or masks
     * @param dataset the name to upload it under
     * @param epochs instead of the recipe's
     * @param seed instead of the recipe's
     */
    public record Request(
            Path data,
            String dataset,
            String recipe,
            @Nullable Integer epochs,
            @Nullable Long seed) {}

    /**
     * A demo on a platform that runs.
     *
     * @param gateway its address
     * @param folder for what it writes: the report and the table of scans
     * @param out for people
     * @param terminal whether lines there can be drawn anew
     */
    public Demo(URI gateway, Path folder, PrintStream out, boolean terminal) {
        this.gateway = new GatewayClient(gateway);
        this.folder = folder;
        this.out = out;
        this.terminal = terminal;
    }

    /**
     * Does it all.
     *
     * @throws ScanstreamException if the data or the recipe was refused or the training failed, with the service's reason
     */
    public DemoResult run(Request request) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Files.createDirectories(folder);
        DatasetView dataset = upload(request);
        List<Manifest.Entry> entries =
                gateway.manifest(dataset.name(), dataset.version()).of(Split.TEST);
        requireFiles(request.data(), entries);
        ModelVersion model = train(request, dataset);
        ModelCard card = gateway.card(model);

        out.println("Sending " + entries.size() + " test scans to " + model);
        List<ScoredScan> back = new ScanCourier(gateway, model)
                .deliver(request.data(), entries, card.recipe().data()::classOf);

        Metrics test = card.metrics().get("test");
        ScanReport report = card.task() == Task.SEGMENTATION
                ? new MaskReport(card.classes(), back, test)
                : new DemoReport(card.classes(), back);
        Confusion confusion = report instanceof DemoReport labels ? labels.confusion() : null;
        out.println();
        report.print(out);
        out.println();
        write(report, model);
        int scored = (int) back.stream()
                .filter(scan -> scan.result() instanceof ScoreEvent.ScanScored)
                .count();
        return new DemoResult(
                model.name(),
                model.version(),
                card.classes(),
                entries.size(),
                confusion == null ? null : confusion.accuracy(),
                confusion == null ? null : confusion.macroF1(),
                test == null ? null : test.figures().get("dice"),
                entries.size(),
                scored,
                back.size() - scored,
                Math.round((System.nanoTime() - start) / 1e8) / 10.0);
    }

    /** Scans are sent as files; those of arrays have none. Said before the training, not after it. */
    private static void requireFiles(Path data, List<Manifest.Entry> entries) {
        for (Manifest.Entry entry : entries) {
            if (!Files.isRegularFile(data.resolve(entry.path()))) {
                throw new ScanstreamException(
                        ErrorCode.INVALID_REQUEST,
                        "the demo sends test scans as files, and " + data + " has no file '" + entry.path()
                                + "': its images are in arrays. Use train and score, or up and the API.");
            }
        }
    }

    private DatasetView upload(Request request) throws IOException, InterruptedException {
        Path zip = Files.createTempFile(folder, "upload", ".zip");
        DatasetView view;
        try {
            int files = DatasetZip.write(request.data(), zip);
            out.println("Uploading " + files + " files as data set " + request.dataset());
            view = gateway.upload(request.dataset(), zip);
        } finally {
            Files.deleteIfExists(zip);
        }
        while (view.state() != DatasetState.READY) {
            if (view.state() == DatasetState.FAILED) {
                throw new ScanstreamException(
                        view.code() == null ? ErrorCode.INVALID_DATASET : view.code(),
                        "data set " + request.dataset() + ": " + view.reason());
            }
            Thread.sleep(250);
            view = gateway.dataset(view.name(), view.version());
        }
        DatasetView.Contents contents = view.contents();
        if (contents != null) {
            out.println("  " + contents.images() + " images of " + String.join(", ", contents.classes()) + "; "
                    + contents.rejected() + " files rejected, " + contents.duplicates() + " duplicates left out");
        }
        return view;
    }

    private ModelVersion train(Request request, DatasetView dataset) throws IOException, InterruptedException {
        TrainingView training = gateway.train(new TrainingRequest(
                TextNode.valueOf(request.recipe()),
                Map.of(),
                new TrainingRequest.Dataset(dataset.name(), dataset.version()),
                null,
                request.seed(),
                request.epochs()));
        out.println("Training recipe " + request.recipe() + " as job " + training.id());
        TrainingProgress progress = new TrainingProgress(out, terminal);
        while (!training.status().ended()) {
            gateway.followTraining(training.id(), progress::show);
            training = gateway.training(training.id());
            if (!training.status().ended()) {
                // The stream ended early, for instance with a gateway that restarts: look again.
                Thread.sleep(500);
            }
        }
        if (training.status() != JobStatus.SUCCEEDED || training.result() == null) {
            throw new ScanstreamException(
                    training.code() == null ? ErrorCode.INTERNAL : training.code(),
                    "training " + training.id() + " ended " + training.status() + ": " + training.reason());
        }
        return training.result();
    }

    private void write(ScanReport report, ModelVersion model) throws IOException, InterruptedException {
        Path table = folder.resolve("scans.csv");
        Path page = folder.resolve("report.html");
        report.writeCsv(table);
        Files.write(page, gateway.report(model));
        out.println("every scan      " + table);
        out.println("model report    " + page);
        out.println("model card      " + gateway.address("models/" + model.name() + "/" + model.version()));
        out.println("API             " + gateway.address("/q/swagger-ui"));
    }
}
