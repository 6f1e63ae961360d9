package io.scanstream.bench.training;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.trainer.data.Augmenter;
import io.scanstream.trainer.data.Batch;
import io.scanstream.trainer.data.BatchLoader;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.ingest.FolderIngest;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.training.Learner;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Our side of the comparison, a process like the peer's: {@code Learning RECIPE DATA INPUT}. Every line {@code STEPS} on stdin
 * is answered with a JSON line.
 */
final class Learning implements AutoCloseable {
    private static final int WARM_UP = 6;

    private final Recipe recipe;
    private final FolderIngest.LocalDataset files;
    private final Learner learner;
    private final boolean fromFiles;
    private TrainingData data;
    private BatchLoader loader;
    private BatchLoader.BatchStream batches;
    private Batch ready;
    private int pass;

    private Learning(Recipe recipe, Path folder, boolean fromFiles) throws IOException, InterruptedException {
        this.recipe = recipe;
        this.fromFiles = fromFiles;
        this.files = FolderIngest.open(folder, new DatasetVersion("bench", 1), (read, rejected) -> {});
        this.data = new TrainingData(recipe, files.manifest(), files.bytes());
        this.learner = new Learner(recipe, data, Libtorch.start(DeviceChoice.CPU));
        this.loader = loader();
        this.batches = loader.training(1, pass, 0);
        this.ready = batches.next();
    }

    private BatchLoader loader() {
        return new BatchLoader(
                data,
                new Augmenter(recipe.augmentation(), data.preprocessing()),
                recipe.training().batchSize(),
                Runtime.getRuntime().availableProcessors());
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        PrintStream answers = System.out;
        System.setOut(System.err);
        Recipe recipe = RecipeReader.read(Files.readAllBytes(Path.of(arguments[0])));
        try (Learning learning = new Learning(recipe, Path.of(arguments[1]), arguments[2].equals("files"));
                BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            learning.run(WARM_UP);
            answers.println(Json.text(Map.of("name", "scanstream")));
            for (String line = asked.readLine(); line != null; line = asked.readLine()) {
                answers.println(Json.text(learning.run(Integer.parseInt(line))));
            }
        }
    }

    private Map<String, Object> run(int steps) throws IOException, InterruptedException {
        Learner.Times before = learner.times();
        long images = 0;
        long waited = 0;
        long start = System.nanoTime();
        for (int step = 0; step < steps; step++) {
            long asked = System.nanoTime();
            if (fromFiles) {
                Batch batch = next();
                waited += System.nanoTime() - asked;
                images += batch.size();
                try (batch) {
                    step(batch);
                }
            } else {
                images += ready.size();
                step(ready);
            }
        }
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("images", images);
        told.put("seconds", (System.nanoTime() - start) / 1e9);
        told.put("input", waited / 1e9);
        told.put("forward", learner.times().forward() - before.forward());
        told.put("backward", learner.times().backward() - before.backward());
        told.put("optimizer", learner.times().optimizer() - before.optimizer());
        told.put("residentMiB", residentMiB());
        return told;
    }

    private void step(Batch batch) {
        learner.step(batch, new Learner.Moves(true, true, 1, 1));
    }

    /** Each pass over the files begins with no pixels in memory: all are decoded again, as the peer does. */
    private Batch next() throws InterruptedException {
        if (!batches.hasNext()) {
            batches.close();
            loader.close();
            data = new TrainingData(recipe, files.manifest(), files.bytes());
            loader = loader();
            batches = loader.training(1, ++pass, 0);
        }
        return batches.next();
    }

    private static long residentMiB() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024)
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() {
        batches.close();
        loader.close();
        learner.close();
    }
}
