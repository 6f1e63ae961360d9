package io.scanstream.contracts.recipe;

import java.util.List;

/** Contradictions in what a recipe says of its network and of the weights that it begins with. */
final class NetworkCheck {

    static void alone(Recipe recipe, List<Problem> problems) {
        Recipe.Network network = recipe.network();
        boolean named = network.architecture() != null;
        if (named == !network.layers().isEmpty()) {
            problems.add(new Problem("recipe.network", "name an architecture or list the layers, one of the two."));
        } else if (!named && !network.head().isEmpty()) {
            problems.add(
                    new Problem("recipe.network.head", "replaces an architecture's; the layers end in their own."));
        } else if (!named && !network.parameters().isEmpty()) {
            problems.add(new Problem("recipe.network.parameters", "are an architecture's; layers have none."));
        }
        if (network.weights() == null && !network.freeze().isEmpty()) {
            problems.add(new Problem(
                    "recipe.network.freeze",
                    "would keep random weights as they are. Name network.weights; or none, and nothing is frozen."));
        }
        int epochs = recipe.training().epochs();
        if (epochs == 0 && network.pretrained().isEmpty()) {
            problems.add(new Problem(
                    "recipe.training.epochs", "0 keeps the network as loaded, and no network.weights are named."));
        }
        List<Recipe.Unfreeze> unfreeze = recipe.training().unfreeze();
        for (int i = 0; i < unfreeze.size(); i++) {
            String path = "recipe.training.unfreeze[" + i + "]";
            if (network.freeze().isEmpty()) {
                problems.add(new Problem(path, "nothing is frozen: network.freeze is empty."));
            }
            if (unfreeze.get(i).epoch() > Math.max(1, epochs)) {
                problems.add(new Problem(
                        path + ".epoch", unfreeze.get(i).epoch() + " is after the last of " + epochs + " epochs."));
            }
        }
    }

    private NetworkCheck() {}
}
