package io.scanstream.contracts.api;

/** One of the recipes that come with the platform: {@code GET /recipes} answers a list of these. */
public record RecipeOverview(String name, String about) {}
