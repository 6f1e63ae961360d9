package io.scanstream.trainer.data;

import io.scanstream.contracts.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;

/** Repeats the images of rare classes. */
final class Oversampling {

    /**
     * The samples of an epoch: every image as often as its class's factor says. With {@code balanced} the classes come
     * equally often, but for less than one image: some of a class's images then come once more than the others.
     */
    static List<Sample> of(Recipe.Oversampling recipe, List<String> classes, List<Sample> train) {
        if (!recipe.balanced() && recipe.factors().isEmpty()) {
            return train;
        }
        List<List<Sample>> byClass = new ArrayList<>();
        classes.forEach(label -> byClass.add(new ArrayList<>()));
        train.forEach(sample -> byClass.get(sample.label()).add(sample));
        int most = byClass.stream().mapToInt(List::size).max().orElse(0);
        List<Sample> drawn = new ArrayList<>();
        for (int k = 0; k < classes.size(); k++) {
            List<Sample> images = byClass.get(k);
            int count =
                    recipe.balanced() ? most : images.size() * recipe.factors().getOrDefault(classes.get(k), 1);
            for (int i = 0; i < count && !images.isEmpty(); i++) {
                drawn.add(images.get(i % images.size()));
            }
        }
        return List.copyOf(drawn);
    }

    private Oversampling() {}
}
