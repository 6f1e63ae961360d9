package io.scanstream.contracts.recipe;

import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.Task;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Contradictions in a recipe's section {@code evaluation}. */
final class EvaluationCheck {
    private static final String MERGED = "recipe.evaluation.mergedClasses";
    private static final String SUBGROUPS = "recipe.evaluation.subgroups";

    /** What contradicts itself. */
    static void alone(Recipe recipe, List<Problem> problems) {
        Recipe.Evaluation evaluation = recipe.evaluation();
        if (evaluation == null) {
            return;
        }
        if (evaluation.operatingPoint() != null && recipe.data().positiveClass() == null) {
            problems.add(new Problem(
                    "recipe.evaluation.operatingPoint",
                    "a threshold is of the positive class; recipe.data.positiveClass names none."));
        }
        if (new HashSet<>(evaluation.subgroups()).size()
                < evaluation.subgroups().size()) {
            problems.add(new Problem(SUBGROUPS, "names a column twice: " + evaluation.subgroups() + "."));
        }
        Set<String> seen = new HashSet<>();
        evaluation.mergedClasses().forEach((name, members) -> {
            String path = MERGED + "." + name;
            Set<String> distinct = new HashSet<>(members);
            if (distinct.size() < 2) {
                problems.add(new Problem(path, "merging needs two classes or more, got " + members + "."));
            }
            for (String member : distinct) {
                if (!seen.add(member)) {
                    problems.add(new Problem(path, "'" + member + "' is already part of another merged class."));
                }
            }
        });
    }

    /**
     * What contradicts the data.
     *
     * @param classes in class order
     */
    static void against(
            Recipe.@Nullable Evaluation evaluation, List<String> classes, Manifest manifest, List<Problem> problems) {
        if (evaluation == null) {
            return;
        }
        checkSubgroups(evaluation.subgroups(), manifest, problems);
        Task task = manifest.task();
        evaluation.mergedClasses().forEach((name, members) -> {
            String path = MERGED + "." + name;
            for (String member : members) {
                if (!classes.contains(member)) {
                    problems.add(notAClass(path, member, classes));
                }
            }
            if (classes.contains(name) && !members.contains(name)) {
                problems.add(new Problem(path, "'" + name + "' is the name of a class that it does not contain."));
            }
            if (task == Task.SEGMENTATION && !classes.isEmpty() && members.contains(classes.get(0))) {
                problems.add(new Problem(
                        path, "'" + classes.get(0) + "' is the background, which stays a class of its own."));
            }
        });
        if (task == Task.SEGMENTATION) {
            if (evaluation.operatingPoint() != null) {
                problems.add(new Problem(
                        "recipe.evaluation.operatingPoint", "the data has masks; a threshold is of whole images."));
            }
            if (evaluation.referBelowAccuracy() != null) {
                problems.add(new Problem(
                        "recipe.evaluation.referBelowAccuracy", "the data has masks; whole images are referred."));
            }
        }
        long left = classes.stream().map(evaluation::mergedClassOf).distinct().count();
        if (!evaluation.mergedClasses().isEmpty() && left < 2) {
            problems.add(new Problem(MERGED, "leaves one class only of " + classes + "."));
        }
        String focus = evaluation.focusClass();
        if (focus != null && !classes.contains(focus)) {
            problems.add(notAClass("recipe.evaluation.focusClass", focus, classes));
        }
    }

    private static void checkSubgroups(List<String> asked, Manifest manifest, List<Problem> problems) {
        Set<String> columns = new TreeSet<>();
        manifest.of(Split.TEST).forEach(entry -> columns.addAll(entry.columns().keySet()));
        for (String column : asked) {
            if (!columns.contains(column)) {
                problems.add(new Problem(
                        SUBGROUPS,
                        "no test image has a value for '" + column + "'; the data set's tables have "
                                + (columns.isEmpty() ? "no further columns" : columns) + "."));
            }
        }
    }

    private static Problem notAClass(String path, String name, List<String> classes) {
        return new Problem(path, "'" + name + "' is not among the data's classes " + classes + ".");
    }

    private EvaluationCheck() {}
}
