package io.scanstream.contracts.recipe;

/** One mistake in a recipe. */
public record Problem(String path, String message) {
    @Override
    public String toString() {
        return path + ": " + message;
    }
}
