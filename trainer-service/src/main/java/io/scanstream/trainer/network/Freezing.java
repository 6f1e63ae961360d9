package io.scanstream.trainer.network;

import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.NamePattern;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.contracts.recipe.Recipe;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which parameters training leaves as they are, epoch by epoch. A frozen parameter gets no gradient, and so no state in the
 * optimizer; a frozen batch norm keeps its statistics.
 */
public final class Freezing {
    private final Set<String> frozen;
    private final List<Thaw> thaws = new ArrayList<>();

    /** Parameters that learn from an epoch on; counts from 1. */
    private record Thaw(int epoch, Set<String> names) {}

    /**
     * What a recipe freezes of a network. With fresh weights it is nothing.
     *
     * @throws InvalidRecipeException for patterns that no parameter matches, and where nothing is left to learn
     */
    public Freezing(Recipe recipe, Blueprint blueprint) {
        List<String> trained = blueprint.trainedParameters();
        List<Problem> problems = new ArrayList<>();
        Set<String> all = new HashSet<>();
        List<String> patterns = recipe.network().freeze();
        for (int i = 0; i < patterns.size(); i++) {
            all.addAll(matching("recipe.network.freeze[" + i + "]", patterns.get(i), blueprint, trained, problems));
        }
        List<Recipe.Unfreeze> unfreeze = recipe.training().unfreeze();
        for (int i = 0; i < unfreeze.size(); i++) {
            String path = "recipe.training.unfreeze[" + i + "].match";
            Set<String> matching = matching(path, unfreeze.get(i).match(), blueprint, trained, problems);
            if (!matching.isEmpty() && matching.stream().noneMatch(all::contains)) {
                problems.add(new Problem(path, "'" + unfreeze.get(i).match() + "' matches nothing that is frozen."));
            }
            thaws.add(new Thaw(unfreeze.get(i).epoch(), matching));
        }
        Set<String> atFirst = new HashSet<>(all);
        thaws.stream().filter(thaw -> thaw.epoch() == 1).forEach(thaw -> atFirst.removeAll(thaw.names()));
        if (problems.isEmpty()
                && recipe.training().epochs() > 0
                && recipe.network().pretrained().isPresent()
                && atFirst.containsAll(trained)) {
            problems.add(new Problem(
                    "recipe.network.freeze", "leaves nothing to learn in the first epoch. Maybe [allButHead]?"));
        }
        if (!problems.isEmpty()) {
            throw new InvalidRecipeException(problems);
        }
        this.frozen = recipe.network().pretrained().isPresent() ? Set.copyOf(all) : Set.of();
    }

    private static Set<String> matching(
            String path, String pattern, Blueprint blueprint, List<String> trained, List<Problem> problems) {
        NamePattern names = NamePattern.of(pattern);
        Set<String> matching = trained.stream()
                .filter(name ->
                        pattern.equals(Recipe.Network.ALL_BUT_HEAD) ? !blueprint.inHead(name) : names.matches(name))
                .collect(Collectors.toSet());
        if (matching.isEmpty()) {
            problems.add(new Problem(
                    path,
                    "'" + pattern + "' matches none of the network's " + trained.size() + " parameters, "
                            + trained.get(0) + " to " + trained.get(trained.size() - 1) + "."));
        }
        return matching;
    }

    /**
     * The frozen parameters' names.
     *
     * @param epoch counts from 0
     */
    public Set<String> at(int epoch) {
        Set<String> still = new HashSet<>(frozen);
        thaws.stream().filter(thaw -> thaw.epoch() <= epoch + 1).forEach(thaw -> still.removeAll(thaw.names()));
        return Set.copyOf(still);
    }
}
