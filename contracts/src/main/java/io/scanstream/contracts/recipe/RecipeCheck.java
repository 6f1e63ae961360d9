package io.scanstream.contracts.recipe;

import io.scanstream.contracts.Names;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.Task;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Contradictions within a recipe, and between a recipe and the data that it is to be trained on. */
public final class RecipeCheck {

    /** What contradicts itself. */
    static List<Problem> alone(Recipe recipe) {
        List<Problem> problems = new ArrayList<>();
        if (!Names.isValid(recipe.name())) {
            problems.add(new Problem(
                    "recipe.name",
                    "'" + recipe.name() + "' is not a name: use 1 to 64 of a-z, 0-9, '.', '_' and '-'."));
        }
        Recipe.Data data = recipe.data();
        if (data.channels() == 2) {
            problems.add(new Problem("recipe.data.channels", "2 is neither 1 (grey) nor 3 (RGB)."));
        }
        Recipe.Data.@Nullable Fold fold = data.fold();
        if (fold != null && fold.index() >= fold.of()) {
            problems.add(new Problem(
                    "recipe.data.fold.index",
                    fold.index() + " is not below " + fold.of() + ", the number of folds; it counts from 0."));
        }
        checkChannels("mean", data.mean(), data.channels(), 0, problems);
        checkChannels("std", data.std(), data.channels(), 1e-6, problems);
        NetworkCheck.alone(recipe, problems);
        int sidePx = Math.min(data.widthPx(), data.heightPx());
        for (int i = 0; i < recipe.augmentation().size(); i++) {
            String path = "recipe.augmentation[" + i + "]";
            Augmentation step = recipe.augmentation().get(i);
            if (step instanceof Augmentation.QuarterTurns) {
                checkSquare(path, data, problems);
            }
            if (step instanceof Augmentation.RandomResizedCrop crop && crop.minScale() > crop.maxScale()) {
                problems.add(new Problem(
                        path + ".minScale", crop.minScale() + " is above maxScale " + crop.maxScale() + "."));
            }
            if (step instanceof Augmentation.RandomCrop crop) {
                checkCrop(path, crop, sidePx, problems);
                sidePx = crop.sizePx() > 0 ? crop.sizePx() : sidePx;
            }
            if (step instanceof Augmentation.Affine affine && affine.minZoom() > affine.maxZoom()) {
                problems.add(new Problem(
                        path + ".minZoom", affine.minZoom() + " is above maxZoom " + affine.maxZoom() + "."));
            }
            if (step instanceof Augmentation.GaussianBlur blur) {
                checkBlur(path, blur, problems);
            }
        }
        checkMixing(recipe, problems);
        checkTestTime(recipe, problems);
        new TrainingCheck(recipe, problems).alone();
        EvaluationCheck.alone(recipe, problems);
        GateCheck.alone(recipe, problems);
        return problems;
    }

    /**
     * What contradicts the data.
     *
     * @return every mistake; empty: the recipe can be trained on this data set
     */
    public static List<Problem> against(Recipe recipe, Manifest manifest) {
        List<Problem> problems = new ArrayList<>();
        List<String> classes = classes(recipe, manifest);
        if (classes.size() < 2) {
            problems.add(new Problem(
                    "recipe.data",
                    "training needs two classes; data set " + manifest.dataset() + " has " + classes + "."));
        }
        if (manifest.task() == Task.SEGMENTATION
                && recipe.augmentation().stream()
                        .anyMatch(step -> step instanceof Augmentation.Mixup || step instanceof Augmentation.Cutmix)) {
            problems.add(new Problem(
                    "recipe.augmentation",
                    "mixup and cutmix mix labels; data set " + manifest.dataset() + " has masks. Leave them out."));
        }
        String positive = recipe.data().positiveClass();
        if (positive != null && !classes.contains(positive)) {
            problems.add(new Problem(
                    "recipe.data.positiveClass",
                    "'" + positive + "' is not among the data's classes " + classes + "."));
        }
        new TrainingCheck(recipe, problems).against(classes, manifest.task());
        EvaluationCheck.against(recipe.evaluation(), classes, manifest, problems);
        GateCheck.against(recipe.gate(), classes, manifest.task(), problems);
        recipe.data().classAliases().keySet().stream()
                .filter(alias -> !manifest.classes().contains(alias)
                        && !classes.contains(recipe.data().classOf(alias)))
                .forEach(alias -> problems.add(new Problem(
                        "recipe.data.classAliases." + alias,
                        "neither it nor what it means is among the data's classes " + manifest.classes() + ".")));
        for (Split split : List.of(Split.TRAIN, Split.TEST)) {
            if (manifest.of(split).isEmpty()) {
                problems.add(new Problem(
                        "recipe.data",
                        "data set " + manifest.dataset() + " has no "
                                + split.name().toLowerCase(java.util.Locale.ROOT) + " image."));
            }
        }
        if (manifest.task() == Task.CLASSIFICATION && !manifest.of(Split.TRAIN).isEmpty()) {
            Set<String> trained = new HashSet<>();
            for (Manifest.Entry entry : manifest.of(Split.TRAIN)) {
                if (entry.label() != null) {
                    trained.add(recipe.data().classOf(entry.label()));
                }
            }
            classes.stream()
                    .filter(label -> !trained.contains(label))
                    .forEach(
                            label -> problems.add(
                                    new Problem(
                                            "recipe.data",
                                            "data set " + manifest.dataset() + " has no training image of the class '"
                                                    + label
                                                    + "'. Is it a slip of the pen? recipe.data.classAliases can give it another's name.")));
        }
        return problems;
    }

    /**
     * The classes that a recipe makes of a data set's labels, in the order of a model's outputs: sorted, or for masks in the
     * order of their values.
     */
    public static List<String> classes(Recipe recipe, Manifest manifest) {
        Set<String> classes =
                manifest.task() == Task.SEGMENTATION ? new LinkedHashSet<>() : new TreeSet<>(Manifest.CLASS_ORDER);
        manifest.classes().forEach(label -> classes.add(recipe.data().classOf(label)));
        return List.copyOf(classes);
    }

    /** @param side the shorter one of what comes in, in pixels */
    private static void checkCrop(String path, Augmentation.RandomCrop crop, int side, List<Problem> problems) {
        if (crop.paddingPx() >= side) {
            problems.add(
                    new Problem(path + ".paddingPx", crop.paddingPx() + " is not below the image's shorter side."));
        }
        if (crop.sizePx() > side + 2 * crop.paddingPx()) {
            problems.add(new Problem(
                    path + ".sizePx",
                    crop.sizePx() + " is larger than the image's shorter side, " + side + " pixels with "
                            + crop.paddingPx() + " of padding."));
        }
        if (crop.paddingPx() == 0 && crop.sizePx() == 0) {
            problems.add(new Problem(path, "gives neither paddingPx nor sizePx, so it would do nothing."));
        }
    }

    private static void checkBlur(String path, Augmentation.GaussianBlur blur, List<Problem> problems) {
        if (blur.kernelWidthPx() % 2 == 0) {
            problems.add(new Problem(path + ".kernelWidthPx", blur.kernelWidthPx() + " is not odd."));
        }
        if (blur.kernelHeightPx() % 2 == 0) {
            problems.add(new Problem(path + ".kernelHeightPx", blur.kernelHeightPx() + " is not odd."));
        }
        if (blur.minSigma() > blur.maxSigma()) {
            problems.add(
                    new Problem(path + ".minSigma", blur.minSigma() + " is above maxSigma " + blur.maxSigma() + "."));
        }
    }

    private static void checkMixing(Recipe recipe, List<Problem> problems) {
        double share = 0;
        Set<Class<?>> seen = new HashSet<>();
        for (Augmentation step : recipe.augmentation()) {
            boolean mixup = step instanceof Augmentation.Mixup;
            if ((mixup || step instanceof Augmentation.Cutmix) && !seen.add(step.getClass())) {
                problems.add(new Problem(
                        "recipe.augmentation", (mixup ? "mixup" : "cutmix") + " is there twice; give it once."));
            }
            if (step instanceof Augmentation.Mixup found) {
                share += found.probability();
            } else if (step instanceof Augmentation.Cutmix found) {
                share += found.probability();
            }
        }
        if (seen.size() == 2 && share > 1) {
            problems.add(new Problem(
                    "recipe.augmentation",
                    "the probabilities of mixup and cutmix add up to " + share
                            + ": an image gets one of the two, so at most to 1. Maybe 0.5 each?"));
        }
    }

    private static void checkTestTime(Recipe recipe, List<Problem> problems) {
        Set<TestTimeAugmentation> seen = new HashSet<>();
        for (int i = 0; i < recipe.testTimeAugmentation().size(); i++) {
            String path = "recipe.testTimeAugmentation[" + i + "]";
            TestTimeAugmentation change = recipe.testTimeAugmentation().get(i);
            if (!seen.add(change)) {
                problems.add(new Problem(path, "is there twice; give it once."));
            }
            if (change == TestTimeAugmentation.QUARTER_TURNS) {
                checkSquare(path, recipe.data(), problems);
            }
        }
    }

    private static void checkSquare(String path, Recipe.Data data, List<Problem> problems) {
        if (data.widthPx() != data.heightPx()) {
            problems.add(new Problem(
                    path, "quarter turns need a square, not " + data.widthPx() + "x" + data.heightPx() + "."));
        }
    }

    private static void checkChannels(
            String field, List<Double> values, int channels, double least, List<Problem> problems) {
        if (values.size() != channels) {
            problems.add(new Problem(
                    "recipe.data." + field, values.size() + " values for " + channels + " channels; give one each."));
        }
        for (int i = 0; i < values.size(); i++) {
            if (values.get(i) < least || values.get(i) > 1) {
                problems.add(new Problem(
                        "recipe.data." + field + "[" + i + "]",
                        values.get(i) + " is not between " + least + " and 1."));
            }
        }
    }

    private RecipeCheck() {}
}
