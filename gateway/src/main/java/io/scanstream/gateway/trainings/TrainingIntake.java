package io.scanstream.gateway.trainings;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.DatasetState;
import io.scanstream.contracts.api.DatasetView;
import io.scanstream.contracts.api.TrainingRequest;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeCheck;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.contracts.training.TrainingMessage;
import io.scanstream.gateway.datasets.DatasetCatalogue;
import io.scanstream.gateway.jobs.JobBoard;
import io.scanstream.gateway.messaging.Outbox;
import io.scanstream.gateway.problems.RequestRefused;
import io.scanstream.gateway.recipes.ShippedRecipes;
import io.scanstream.gateway.requests.Parameters;
import io.scanstream.storage.IdempotencyKeys;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Journal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Takes training requests in: checks them whole, makes the journal's first entry, tells the trainers. */
public final class TrainingIntake {
    private static final String SCOPE = "training";

    private final ShippedRecipes recipes;
    private final DatasetCatalogue datasets;
    private final Jobs jobs;
    private final JobBoard board;
    private final IdempotencyKeys keys;
    private final Outbox requests;
    private final long maxRequestBytes;

    /**
     * Takes requests in.
     *
     * @param requests writes to {@code training.requests}
     * @param maxRequestBytes the largest request, recipe and all
     */
    public TrainingIntake(
            ShippedRecipes recipes,
            DatasetCatalogue datasets,
            Jobs jobs,
            JobBoard board,
            IdempotencyKeys keys,
            Outbox requests,
            long maxRequestBytes) {
        this.recipes = recipes;
        this.datasets = datasets;
        this.jobs = jobs;
        this.board = board;
        this.keys = keys;
        this.requests = requests;
        this.maxRequestBytes = maxRequestBytes;
    }

    public long maxRequestBytes() {
        return maxRequestBytes;
    }

    /**
     * Starts a training, or finds the one that the same key started.
     *
     * @throws RequestRefused with each mistake in the request
     * @throws InvalidRecipeException with each mistake in the recipe
     * @throws ScanstreamException {@code UNKNOWN_DATASET}, {@code DATASET_NOT_READY}, {@code INVALID_DATASET}
     */
    JobState accept(TrainingRequest request, Optional<String> idempotencyKey) {
        if (idempotencyKey.isEmpty()) {
            return start(JobId.next(), check(request));
        }
        requireComplete(request);
        String key = idempotencyKey.get();
        // Checked before the key is taken: a request with a mistake can be mended and sent again with its key.
        JobId fresh = JobId.next();
        String digest = Hashes.sha256(Json.bytes(request));
        Optional<IdempotencyKeys.Claim> earlier = keys.find(SCOPE, key, digest);
        if (earlier.isPresent() && earlier.get().done()) {
            JobId id = new JobId(earlier.get().id());
            return board.find(id).orElseThrow(() -> gone(id));
        }
        JobState.Training work = work(request);
        IdempotencyKeys.Claim claim = keys.claim(SCOPE, key, digest, fresh.value());
        JobState started = start(new JobId(claim.id()), work);
        keys.done(SCOPE, key, claim);
        return started;
    }

    /**
     * What a request asks for, found to be possible.
     *
     * @throws RequestRefused with each mistake in the request
     * @throws InvalidRecipeException with each mistake in the recipe
     * @throws ScanstreamException {@code UNKNOWN_DATASET}, {@code DATASET_NOT_READY}, {@code INVALID_DATASET}
     */
    public JobState.Training check(TrainingRequest request) {
        requireComplete(request);
        return work(request);
    }

    /** Makes a job and tells the trainers; if it is there already, that is all. */
    public JobState start(JobId id, JobState.Training work) {
        Optional<JobState> known = board.find(id);
        if (known.isPresent()) {
            return known.get();
        }
        JobState queued = JobState.queued(id, work, Instant.now());
        if (!jobs.journal(id).append(0, queued)) {
            // The same key at the same time: the other request made it.
            return board.refresh(id).orElseThrow(() -> gone(id));
        }
        board.put(id, new Journal.Entry<>(1, queued));
        requests.nudge(id.toString(), new TrainingMessage.TrainingRequested(id));
        return queued;
    }

    private static ScanstreamException gone(JobId id) {
        return new ScanstreamException(
                ErrorCode.UNKNOWN_JOB, "Job " + id + " was made and is not in the store any more.");
    }

    private JobState.Training work(TrainingRequest request) {
        DatasetVersion version = version(request.dataset());
        Manifest manifest = datasets.manifest(version);
        Recipe recipe = RecipeReader.read(
                source(request.recipe()),
                overrides(request),
                recipes.schema(),
                read -> RecipeCheck.against(read, manifest));
        String model = request.model() == null ? recipe.name() : request.model();
        return new JobState.Training(Names.require("model", model), version, recipe);
    }

    /** The version that is named, or the newest that is ready. */
    private DatasetVersion version(TrainingRequest.Dataset dataset) {
        @Nullable Integer number = dataset.version();
        if (number != null) {
            return new DatasetVersion(dataset.name(), number);
        }
        List<DatasetVersion> versions = datasets.versions(dataset.name());
        for (int i = versions.size() - 1; i >= 0; i--) {
            DatasetView view = datasets.view(versions.get(i));
            if (view.state() == DatasetState.READY) {
                return versions.get(i);
            }
        }
        // None is: the newest one's state says why.
        return versions.get(versions.size() - 1);
    }

    private byte[] source(JsonNode recipe) {
        if (!recipe.isTextual()) {
            return Json.bytes(recipe);
        }
        String name = recipe.textValue();
        return recipes.yaml(name)
                .map(yaml -> yaml.getBytes(StandardCharsets.UTF_8))
                .orElseThrow(() -> new InvalidRecipeException(List.of(new Problem(
                        "recipe",
                        "there is no recipe '" + Parameters.shown(name) + "'. There are: "
                                + String.join(", ", recipes.names()) + "."))));
    }

    private static Map<String, String> overrides(TrainingRequest request) {
        Map<String, String> overrides = new LinkedHashMap<>();
        if (request.overrides() != null) {
            request.overrides()
                    .forEach((path, value) ->
                            overrides.put(path, value.isTextual() ? value.textValue() : value.toString()));
        }
        List<Problem> problems = new ArrayList<>();
        shorthand("seed", "training.seed", request.seed(), overrides, problems);
        shorthand("epochs", "training.epochs", request.epochs(), overrides, problems);
        if (!problems.isEmpty()) {
            throw new RequestRefused(problems);
        }
        return overrides;
    }

    private static void shorthand(
            String field, String path, @Nullable Number value, Map<String, String> overrides, List<Problem> problems) {
        if (value != null && overrides.put(path, value.toString()) != null) {
            problems.add(new Problem(field, "is short for overrides." + path + ", which is given too; give one."));
        }
    }

    private static void requireComplete(TrainingRequest request) {
        List<Problem> problems = new ArrayList<>();
        JsonNode recipe = request.recipe();
        if (recipe == null || !(recipe.isTextual() || recipe.isObject())) {
            problems.add(new Problem("recipe", "expected the name of a recipe or a recipe as an object."));
        }
        if (request.dataset() == null || request.dataset().name() == null) {
            problems.add(new Problem("dataset.name", "expected the name of a data set."));
        } else if (!Names.isValid(request.dataset().name())) {
            problems.add(new Problem(
                    "dataset.name", "'" + Parameters.shown(request.dataset().name()) + "' is no name."));
        } else if (request.dataset().version() != null && request.dataset().version() < 1) {
            problems.add(
                    new Problem("dataset.version", request.dataset().version() + " is below 1, the first version."));
        }
        if (request.model() != null && !Names.isValid(request.model())) {
            problems.add(new Problem("model", "'" + Parameters.shown(request.model()) + "' is no name."));
        }
        if (request.overrides() != null) {
            request.overrides().forEach((path, value) -> {
                if (value == null) {
                    problems.add(new Problem("overrides." + Parameters.shown(path), "expected a value."));
                }
            });
        }
        if (!problems.isEmpty()) {
            throw new RequestRefused(problems);
        }
    }
}
