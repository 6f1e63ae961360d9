package io.scanstream.gateway.subjects;

import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.contracts.recipe.RecipeCheck;
import io.scanstream.gateway.trainings.TrainingIntake;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Exclusions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Has models trained anew, by their own recipes, on data set versions without the excluded subject. */
public final class Retraining {
    private final Exclusions exclusions;
    private final Datasets datasets;
    private final TrainingIntake intake;

    public Retraining(Exclusions exclusions, Datasets datasets, TrainingIntake intake) {
        this.exclusions = exclusions;
        this.datasets = datasets;
        this.intake = intake;
    }

    /**
     * Asks for a training of each model: as its training that was cancelled, else as its newest version.
     *
     * @param models versions that were trained on scans of the subject, oldest first
     * @param cancelled trainings that were ended for the exclusion
     * @param successors what to train on, by data set
     * @param remarks takes what cannot be trained
     */
    List<JobId> start(
            JobId exclusion,
            Map<ModelVersion, ModelCard> models,
            List<JobState.Training> cancelled,
            Map<String, DatasetVersion> successors,
            List<String> remarks) {
        Map<String, JobState.Training> wanted = new TreeMap<>();
        models.forEach((version, card) -> {
            DatasetVersion dataset = card.dataset();
            if (dataset != null) {
                wanted.put(version.name(), new JobState.Training(version.name(), dataset, card.recipe()));
            }
        });
        cancelled.forEach(training -> wanted.put(training.model(), training));
        List<JobId> started = new ArrayList<>();
        wanted.forEach((model, before) -> {
            DatasetVersion successor = successors.get(before.dataset().name());
            if (successor == null) {
                remarks.add("model " + model + " is not trained anew: its data set has no next version.");
                return;
            }
            Manifest manifest = datasets.manifest(successor).orElseThrow();
            List<Problem> problems = RecipeCheck.against(before.recipe(), manifest);
            if (!problems.isEmpty()) {
                remarks.add("model " + model + " cannot be trained anew on " + successor + ": "
                        + problems.stream().map(Problem::toString).collect(Collectors.joining(" ")));
                return;
            }
            JobId job = exclusions.retraining(exclusion, model);
            intake.start(job, new JobState.Training(model, successor, before.recipe()));
            started.add(job);
        });
        return started;
    }
}
