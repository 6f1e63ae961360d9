package io.scanstream.contracts.recipe;

import io.scanstream.contracts.model.Task;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Contradictions in how a recipe trains: loss, optimizer, schedule, training. */
final class TrainingCheck {
    private static final Recipe.Oversampling NO_OVERSAMPLING = new Recipe.Oversampling(false, Map.of());

    private final Recipe recipe;
    private final List<Problem> problems;

    TrainingCheck(Recipe recipe, List<Problem> problems) {
        this.recipe = recipe;
        this.problems = problems;
    }

    /** What contradicts itself. */
    void alone() {
        if (recipe.optimizer() instanceof Optimizer.Sgd sgd && sgd.nesterov() && sgd.momentum() == 0) {
            problem("optimizer.nesterov", "needs a momentum above 0. Maybe 0.9?");
        }
        weights("loss", recipe.loss());
        if (recipe.loss() instanceof Loss.Combined combined) {
            combined(combined);
        }
        Recipe.Oversampling oversampling = recipe.training().oversampling();
        if (oversampling.balanced() && !oversampling.factors().isEmpty()) {
            problem("training.oversampling", "balanced finds the factors itself; leave out one of the two.");
        }
        oversampling.factors().forEach((label, factor) -> {
            if (factor < 1) {
                problem("training.oversampling.factors." + label, factor + " is below 1.");
            }
        });
    }

    private void combined(Loss.Combined combined) {
        if (combined.parts().isEmpty()) {
            problem("loss.parts", "is empty; name the losses to add up.");
        }
        boolean oneOutput = combined.parts().stream().anyMatch(part -> part.loss() instanceof Loss.BceWithLogits);
        for (int i = 0; i < combined.parts().size(); i++) {
            Loss part = combined.parts().get(i).loss();
            String path = "loss.parts[" + i + "].loss";
            if (part instanceof Loss.Combined) {
                problem(path, "is a combined loss itself; list its parts here.");
            } else if (oneOutput && part instanceof Loss.Weighted) {
                problem(
                        path,
                        "needs one output a class, bceWithLogits beside it has one in all. Maybe crossEntropy alone?");
            }
            weights(path, part);
        }
    }

    private void weights(String path, Loss loss) {
        if (loss instanceof Loss.Weighted weighted) {
            if (weighted.balanced() && !weighted.classWeights().isEmpty()) {
                problem(path, "balanced finds the class weights itself; leave out one of the two.");
            }
            weighted.classWeights().forEach((label, weight) -> {
                if (!(weight >= 0)) {
                    problem(path + ".classWeights." + label, weight + " is below 0.");
                }
            });
        } else if (loss instanceof Loss.BceWithLogits bce && bce.balanced() && bce.positiveWeight() != 1) {
            problem(path, "balanced finds the positive weight itself; leave out one of the two.");
        }
    }

    /**
     * What contradicts the data.
     *
     * @param classes after aliases
     */
    void against(List<String> classes, Task task) {
        against("loss", recipe.loss(), classes, task);
        known(
                "training.oversampling.factors",
                recipe.training().oversampling().factors().keySet(),
                classes);
        if (task == Task.SEGMENTATION && !recipe.training().oversampling().equals(NO_OVERSAMPLING)) {
            problem("training.oversampling", "images with masks have no class of their own. Leave it out.");
        }
        metric("training.bestMetric", recipe.training().bestMetric(), task);
        Recipe.EarlyStopping stopping = recipe.training().earlyStopping();
        if (stopping != null) {
            metric("training.earlyStopping.metric", stopping.metric(), task);
        }
    }

    private void against(String path, Loss loss, List<String> classes, Task task) {
        if (task == Task.SEGMENTATION && isBalanced(loss)) {
            problem(
                    path + ".balanced",
                    "counts the images of a class, and the data has masks. Maybe give the weights?");
        }
        if (loss instanceof Loss.Combined combined) {
            IntStream.range(0, combined.parts().size())
                    .forEach(i -> against(
                            path + ".parts[" + i + "].loss",
                            combined.parts().get(i).loss(),
                            classes,
                            task));
        } else if (loss instanceof Loss.BceWithLogits && classes.size() > 2) {
            problem(path, "bceWithLogits is for two classes; the data has " + classes + ". Maybe crossEntropy?");
        } else if (loss instanceof Loss.Dice && task != Task.SEGMENTATION) {
            problem(path, "dice compares masks; the data has a class for each image. Maybe crossEntropy?");
        } else if (loss instanceof Loss.Weighted weighted) {
            known(path + ".classWeights", weighted.classWeights().keySet(), classes);
        }
    }

    private static boolean isBalanced(Loss loss) {
        return loss instanceof Loss.Weighted weighted
                ? weighted.balanced()
                : loss instanceof Loss.BceWithLogits bce && bce.balanced();
    }

    private void known(String path, Collection<String> labels, List<String> classes) {
        labels.stream()
                .filter(label -> !classes.contains(label))
                .forEach(label -> problem(path + "." + label, "is not among the data's classes " + classes + "."));
    }

    private void metric(String path, Metric metric, Task task) {
        if (!metric.isOf(task)) {
            problem(
                    path,
                    "the data is for " + (task == Task.SEGMENTATION ? "segmentation" : "classification")
                            + ", which has no such figure. Maybe "
                            + (task == Task.SEGMENTATION ? "dice" : "balancedAccuracy") + "?");
        }
    }

    private void problem(String path, String message) {
        problems.add(new Problem("recipe." + path, message));
    }
}
