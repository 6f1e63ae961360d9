package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.Task;
import io.scanstream.storage.ModelPackage;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.onnx.OnnxModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a training leaves beside its package: {@code private/gallery.html} and {@code private/test.csv}, which show and name
 * the data set's images, and {@code submission.csv}, predictions for the images that have no label.
 */
final class Companions {
    private final Path folder;
    private final ModelVersion model;

    Companions(Path folder, ModelVersion model) {
        this.folder = folder;
        this.model = model;
    }

    void write(SplitResult test, OnnxModel onnx, TrainingData data, int positive, DecisionRule rule)
            throws IOException {
        Path ofFewEyes = Files.createDirectories(folder.resolve(ModelPackage.PRIVATE));
        Files.writeString(ofFewEyes.resolve("gallery.html"), test.gallery().html(model + ", test"));
        Files.writeString(ofFewEyes.resolve("test.csv"), test.images().text());
        if (!data.unlabelled().isEmpty() && data.task() == Task.CLASSIFICATION) {
            Files.writeString(folder.resolve(ModelPackage.SUBMISSION), submission(onnx, data, positive, rule));
        }
    }

    /**
     * {@code id,label}: the file's name without its ending; and for two classes the positive one's probability, for more
     * the name of the class decided for.
     */
    private static String submission(OnnxModel onnx, TrainingData data, int positive, DecisionRule rule) {
        Table lines = new Table(List.of("id", "label"));
        Scoring.run(onnx, data, data.unlabelled(), (samples, batch, scores) -> {
            for (int i = 0; i < samples.size(); i++) {
                float[] row = scores.probabilities()[i];
                String label = row.length == 2
                        ? Table.number(row[positive])
                        : data.classes().get(rule.decide(row));
                lines.add(List.of(id(samples.get(i).entry().path()), label));
            }
        });
        return lines.text();
    }

    private static String id(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        int dot = name.lastIndexOf('.');
        return dot <= 0 ? name : name.substring(0, dot);
    }
}
