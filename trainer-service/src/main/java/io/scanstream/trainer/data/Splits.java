package io.scanstream.trainer.data;

import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.recipe.Recipe;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a recipe trains on, validates on and tests on. The test split is the manifest's. Subset and validation are chosen by
 * stable hashes: an image stays where it is when others come. The parts of a cross-validation have every class in its
 * proportion instead, so that images may move between them with a new version.
 */
record Splits(List<Manifest.Entry> train, List<Manifest.Entry> validation, List<Manifest.Entry> test) {

    static Splits of(Recipe.Data data, Manifest manifest) {
        List<Manifest.Entry> train = new ArrayList<>(manifest.of(Split.TRAIN));
        List<Manifest.Entry> validation = new ArrayList<>(manifest.of(Split.VALIDATION));
        boolean drop = data.nearDuplicates() == Recipe.Data.NearDuplicates.DROP;
        if (drop) {
            drop(manifest.nearDuplicates(), train);
            drop(manifest.nearDuplicates(), validation);
        }
        if (data.subset() > 0 && data.subset() < train.size()) {
            train.retainAll(StableSplit.sample(train, data.subset(), "subset"));
        }
        Recipe.Data.Fold fold = data.fold();
        if (fold != null) {
            train.addAll(validation);
            Set<Manifest.Entry> chosen = StableSplit.part(train, fold.index(), fold.of(), "fold");
            validation = new ArrayList<>(train);
            validation.retainAll(chosen);
            train.removeAll(chosen);
        } else if (validation.isEmpty()) {
            Set<Manifest.Entry> chosen = StableSplit.choose(train, data.validationShare(), "validation");
            train.stream().filter(chosen::contains).forEach(validation::add);
            train.removeAll(chosen);
        }
        if (drop) {
            // What was cut from the training split only now, the manifest could not compare.
            List<Manifest.Entry> parted = new ArrayList<>(train);
            validation.forEach(entry -> parted.add(entry.in(Split.VALIDATION)));
            drop(NearDuplicates.find(parted), train);
        }
        return new Splits(train, validation, manifest.of(Split.TEST));
    }

    private static void drop(List<Manifest.NearDuplicate> near, List<Manifest.Entry> from) {
        Set<String> paths = new HashSet<>();
        near.forEach(found -> paths.add(found.path()));
        from.removeIf(entry -> paths.contains(entry.path()));
    }
}
