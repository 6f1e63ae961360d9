package io.scanstream.gateway.recipes;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.RecipeOverview;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.gateway.requests.Parameters;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The recipes that come with the platform. */
@Path("/api/v1/recipes")
@Tag(name = "recipes", description = "Trainings as data, ready to use")
@Blocking
class RecipesResource {
    private final ShippedRecipes recipes;

    RecipesResource(ShippedRecipes recipes) {
        this.recipes = recipes;
    }

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(summary = "Every recipe with a line about it")
    public List<RecipeOverview> list() {
        return recipes.overview();
    }

    @GET
    @Path("/{name}")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(summary = "A recipe with every default filled in (Accept: application/yaml for the file as written)")
    public Recipe get(String name) {
        return require(name, recipes.recipe(name));
    }

    @GET
    @Path("/{name}")
    @Produces("application/yaml")
    @Operation(hidden = true)
    public String yaml(String name) {
        return require(name, recipes.yaml(name));
    }

    private static <T> T require(String name, Optional<T> found) {
        return found.orElseThrow(() -> new ScanstreamException(
                ErrorCode.UNKNOWN_RECIPE,
                "There is no recipe '" + Parameters.shown(name) + "'. GET /api/v1/recipes lists them."));
    }
}
