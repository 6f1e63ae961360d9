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
    private final List<Recipe.Unfreeze> unfreeze;

    /**
     * What a recipe freezes of a network. With fresh weights it is nothing.
     *
     * @throws InvalidRecipeException for patterns that no parameter matches
     */
    public Freezing(Recipe recipe, Blueprint blueprint) {
        List<String> trained = blueprint.trainedParameters();
        List<Problem> problems = new ArrayList<>();
        Set<String> all = new HashSet<>();
        List<String> patterns = recipe.network().freeze();
        for (int i = 0; i < patterns.size(); i++) {
            all.addAll(matching("recipe.network.freeze[" + i + "]", patterns.get(i), blueprint, trained, problems));
        }
        this.unfreeze = recipe.training().unfreeze();
        for (int i = 0; i < unfreeze.size(); i++) {
            String path = "recipe.training.unfreeze[" + i + "].match";
            Set<String> matching = matching(path, unfreeze.get(i).match(), blueprint, trained, problems);
            if (!matching.isEmpty() && matching.stream().noneMatch(all::contains)) {
                problems.add(new Problem(path, "'" + unfreeze.get(i).match() + "' matches nothing that is frozen."));
            }
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
        List<NamePattern> thawed = unfreeze.stream()
                .filter(step -> step.epoch() <= epoch + 1)
                .map(step -> NamePattern.of(step.match()))
                .toList();
        return frozen.stream()
                .filter(name -> thawed.stream().noneMatch(pattern -> pattern.matches(name)))
                .collect(Collectors.toSet());
    }
}
