package io.scanstream.gateway.recipes;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.RecipeOverview;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.contracts.recipe.RecipeSchema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The recipes of a folder, each a file {@code <name>.yaml}; read and checked once. With them lies the schema of recipes, which
 * knows the trainer's layers.
 */
public final class ShippedRecipes {
    private static final String SUFFIX = ".yaml";
    private static final String SCHEMA = "recipe.schema.json";

    private final JsonNode schema;
    private final Map<String, Shipped> recipes;

    private record Shipped(String yaml, Recipe recipe) {}

    private ShippedRecipes(JsonNode schema, Map<String, Shipped> recipes) {
        this.schema = schema;
        this.recipes = Collections.unmodifiableMap(recipes);
    }

    /** The folder {@code recipes} beside this class: in the jar, among the classes of a build, or in a native executable. */
    public static ShippedRecipes packaged() {
        URL schema = ShippedRecipes.class.getResource("/recipes/" + SCHEMA);
        if (schema == null) {
            throw new IllegalStateException("recipes/" + SCHEMA + " is not packaged");
        }
        try {
            URI place = schema.toURI();
            if (place.getScheme().equals("file")) {
                return in(Path.of(place).resolveSibling(""));
            }
            try (FileSystem packaged = FileSystems.newFileSystem(place, Map.of())) {
                return in(packaged.getPath("/recipes"));
            }
        } catch (URISyntaxException e) {
            throw new IllegalStateException("a resource without an address: " + schema, e);
        } catch (IOException e) {
            throw new UncheckedIOException("the recipes at " + schema, e);
        }
    }

    /**
     * Reads a folder; one that is not there holds none. Where it has no schema, layers are not looked at.
     *
     * @throws ScanstreamException {@code INVALID_RECIPE} for a recipe with mistakes or under another name than its own
     */
    static ShippedRecipes in(Path folder) {
        Map<String, Shipped> recipes = new TreeMap<>();
        JsonNode schema = RecipeSchema.layersUnread();
        if (!Files.isDirectory(folder)) {
            return new ShippedRecipes(schema, recipes);
        }
        try (Stream<Path> files = Files.list(folder)) {
            if (Files.exists(folder.resolve(SCHEMA))) {
                schema = Json.read(Files.readAllBytes(folder.resolve(SCHEMA)), JsonNode.class);
            }
            for (Path file : files.toList()) {
                String fileName = file.getFileName().toString();
                if (fileName.endsWith(SUFFIX)) {
                    byte[] yaml = Files.readAllBytes(file);
                    Recipe recipe = RecipeReader.read(yaml, Map.of(), schema);
                    String name = fileName.substring(0, fileName.length() - SUFFIX.length());
                    if (!recipe.name().equals(name)) {
                        throw new ScanstreamException(
                                ErrorCode.INVALID_RECIPE,
                                "recipes/" + fileName + ": recipe.name is '" + recipe.name() + "'; it must be '" + name
                                        + "'.");
                    }
                    recipes.put(name, new Shipped(new String(yaml, StandardCharsets.UTF_8), recipe));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("recipes in " + folder, e);
        }
        return new ShippedRecipes(schema, recipes);
    }

    /** What a recipe can say, layers and all. */
    public JsonNode schema() {
        return schema;
    }

    public Set<String> names() {
        return recipes.keySet();
    }

    /** Every recipe, by name. */
    public List<RecipeOverview> overview() {
        return recipes.entrySet().stream()
                .map(entry -> new RecipeOverview(
                        entry.getKey(), entry.getValue().recipe().about()))
                .toList();
    }

    /** The recipe's file as it was written. */
    public Optional<String> yaml(String name) {
        return Optional.ofNullable(recipes.get(name)).map(Shipped::yaml);
    }

    /** The recipe with every default filled in. */
    public Optional<Recipe> recipe(String name) {
        return Optional.ofNullable(recipes.get(name)).map(Shipped::recipe);
    }
}
