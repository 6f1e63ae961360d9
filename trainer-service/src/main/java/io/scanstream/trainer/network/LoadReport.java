package io.scanstream.trainer.network;

import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import java.util.ArrayList;
import java.util.List;

/**
 * What became of each tensor when a network took weights from a file.
 *
 * @param loaded parameters and running statistics that have the file's values
 * @param fresh those that were not to be taken: a new head's, and what {@code network.load} leaves out
 * @param missing those that were to be taken but are not in the file
 * @param wrongShape those that have another shape in the file
 * @param unexpected tensors of the file that the network has no use for; PyTorch's counters of batches are not told
 */
public record LoadReport(
        List<String> loaded,
        List<String> fresh,
        List<String> missing,
        List<WrongShape> wrongShape,
        List<String> unexpected) {

    /** A tensor of another shape in the file. */
    public record WrongShape(String name, List<Long> there, List<Long> here) {
        @Override
        public String toString() {
            return name + " is " + there + " there, the network's is " + here;
        }
    }

    public LoadReport {
        loaded = List.copyOf(loaded);
        fresh = List.copyOf(fresh);
        missing = List.copyOf(missing);
        wrongShape = List.copyOf(wrongShape);
        unexpected = List.copyOf(unexpected);
    }

    /** A line of counts, then one for each tensor that was not loaded. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(loaded.size() + " tensors loaded, " + fresh.size() + " fresh, " + missing.size() + " missing, "
                + wrongShape.size() + " of another shape, " + unexpected.size() + " unexpected");
        fresh.forEach(name -> lines.add("fresh: " + name));
        missing.forEach(name -> lines.add("missing: " + name));
        wrongShape.forEach(tensor -> lines.add("another shape: " + tensor));
        unexpected.forEach(name -> lines.add("unexpected: " + name));
        return lines;
    }

    /**
     * Refuses weights that do not fit the network.
     *
     * @throws InvalidRecipeException naming every tensor that is missing or has another shape
     */
    void require(Blueprint blueprint) {
        List<Problem> problems = new ArrayList<>();
        for (String name : missing) {
            problems.add(new Problem(
                    "recipe.network.weights",
                    name + " is not there. Do the weights belong to this architecture? network.load says which of"
                            + " them to take."));
        }
        for (WrongShape tensor : wrongShape) {
            problems.add(new Problem(
                    "recipe.network.weights",
                    tensor + "."
                            + (blueprint.inHead(tensor.name())
                                    ? " For a fresh head: network.head: [{type: linear}]."
                                    : "")));
        }
        if (!problems.isEmpty()) {
            throw new InvalidRecipeException(problems);
        }
    }
}
