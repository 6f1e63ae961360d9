package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Knows layers and architectures, which {@link Recipe.Network} holds unread. */
@FunctionalInterface
public interface NetworkLanguage {
    /** For whoever cannot tell: layers are taken as they are. */
    NetworkLanguage UNREAD = (network, problems) -> {};

    /**
     * Adds every mistake within the network's layers, head, architecture and parameters.
     *
     * @param network its tree in the recipe; what is not of a {@link Recipe.Network}'s types has been reported
     */
    void check(JsonNode network, List<Problem> problems);
}
