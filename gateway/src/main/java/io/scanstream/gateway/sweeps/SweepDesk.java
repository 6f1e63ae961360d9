package io.scanstream.gateway.sweeps;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.SweepRequest;
import io.scanstream.contracts.api.SweepView;
import io.scanstream.contracts.api.TrainingRequest;
import io.scanstream.contracts.api.TrainingView;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.Sweep;
import io.scanstream.contracts.recipe.Metric;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.gateway.problems.RequestRefused;
import io.scanstream.gateway.trainings.TrainingIntake;
import io.scanstream.gateway.trainings.Trainings;
import io.scanstream.storage.IdempotencyKeys;
import io.scanstream.storage.Sweeps;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Turns a sweep's request into trainings, and what they have reached so far into a comparison. */
public final class SweepDesk {
    private static final String SCOPE = "sweeps";

    private final Sweeps sweeps;
    private final IdempotencyKeys keys;
    private final TrainingIntake intake;
    private final Trainings trainings;
    /** Sweeps all of whose trainings are known to have been started. */
    private final Set<JobId> begun = ConcurrentHashMap.newKeySet();

    public SweepDesk(Sweeps sweeps, IdempotencyKeys keys, TrainingIntake intake, Trainings trainings) {
        this.sweeps = sweeps;
        this.keys = keys;
        this.intake = intake;
        this.trainings = trainings;
    }

    long maxRequestBytes() {
        return intake.maxRequestBytes();
    }

    /**
     * Checks every training of a sweep, and starts them all or none; or finds the sweep that the same key started.
     *
     * @throws RequestRefused with each mistake in the request
     * @throws io.scanstream.contracts.recipe.InvalidRecipeException with each mistake in the first recipe that has any
     */
    SweepView start(SweepRequest request, Optional<String> idempotencyKey) {
        requireComplete(request);
        if (idempotencyKey.isEmpty()) {
            return start(JobId.next(), request);
        }
        String key = idempotencyKey.get();
        String digest = Hashes.sha256(Json.bytes(request));
        Optional<IdempotencyKeys.Claim> earlier = keys.find(SCOPE, key, digest);
        Optional<Sweep> made = earlier.flatMap(claim -> sweeps.get(new JobId(claim.id())));
        if (made.isPresent()) {
            return view(made.get());
        }
        // Checked before the key is taken: a request with a mistake can be mended and sent again with its key.
        Sweep planned = plan(JobId.next(), request);
        IdempotencyKeys.Claim claim =
                keys.claim(SCOPE, key, digest, planned.id().value());
        JobId id = new JobId(claim.id());
        SweepView started = id.equals(planned.id()) ? begin(planned) : start(id, request);
        keys.done(SCOPE, key, claim);
        return started;
    }

    /** Starts what a gateway that died has planned and not started. */
    public void completeStarts() {
        for (JobId id : sweeps.list()) {
            if (!begun.contains(id)) {
                get(id);
            }
        }
    }

    private SweepView start(JobId id, SweepRequest request) {
        return begin(plan(id, request));
    }

    /** Of two requests with one key at the same time, the plan that is kept is started by both. */
    private SweepView begin(Sweep planned) {
        sweeps.create(planned);
        return get(planned.id());
    }

    private Sweep plan(JobId id, SweepRequest request) {
        List<Map<String, JsonNode>> combinations =
                Grid.combinations(request.grid() == null ? Map.of() : request.grid());
        int folds = request.folds() == null ? 1 : request.folds();
        Grid.requireFew((long) combinations.size() * folds);
        List<Sweep.Run> runs = new ArrayList<>();
        for (Map<String, JsonNode> settings : combinations) {
            for (int fold = 0; fold < folds; fold++) {
                Integer number = request.folds() == null ? null : Integer.valueOf(fold);
                runs.add(new Sweep.Run(
                        JobId.next(), settings, number, intake.check(training(request, id, settings, number))));
            }
        }
        return new Sweep(id, runs.get(0).work().model(), runs, Instant.now());
    }

    private static TrainingRequest training(
            SweepRequest request, JobId id, Map<String, JsonNode> settings, @Nullable Integer fold) {
        TrainingRequest common = request.training();
        Map<String, JsonNode> overrides = new LinkedHashMap<>();
        if (common.overrides() != null) {
            overrides.putAll(common.overrides());
        }
        overrides.putAll(settings);
        if (fold != null) {
            overrides.put("data.fold", TextNode.valueOf("{index: " + fold + ", of: " + request.folds() + "}"));
        }
        String model = common.model();
        return new TrainingRequest(
                common.recipe(),
                overrides,
                common.dataset(),
                model == null ? "sweep-" + id : model,
                common.seed(),
                common.epochs());
    }

    private static void requireComplete(SweepRequest request) {
        List<Problem> problems = new ArrayList<>();
        if (request.training() == null) {
            problems.add(new Problem("training", "expected a training request: recipe and dataset."));
        }
        boolean noGrid = request.grid() == null || request.grid().isEmpty();
        if (noGrid && request.folds() == null) {
            problems.add(new Problem("grid", "expected values to try, or folds for a cross-validation, or both."));
        }
        if (request.folds() != null && request.folds() < 2) {
            problems.add(new Problem("folds", request.folds() + " is below 2."));
        }
        if (!problems.isEmpty()) {
            throw new RequestRefused(problems);
        }
    }

    /** Every sweep, newest first. */
    List<SweepView> list() {
        return sweeps.list().stream().map(this::get).toList();
    }

    /**
     * A sweep as it stands.
     *
     * @throws ScanstreamException {@code UNKNOWN_JOB}
     */
    SweepView get(JobId id) {
        return view(sweeps.get(id)
                .orElseThrow(() -> new ScanstreamException(ErrorCode.UNKNOWN_JOB, "There is no sweep " + id + ".")));
    }

    /** Cancels what has not ended. */
    SweepView cancel(JobId id) {
        for (SweepView.Candidate candidate : get(id).candidates()) {
            for (SweepView.Run run : candidate.runs()) {
                if (!run.status().ended()) {
                    cancelUnlessEnded(run.job());
                }
            }
        }
        return get(id);
    }

    private void cancelUnlessEnded(JobId job) {
        try {
            trainings.cancel(job);
        } catch (ScanstreamException e) {
            if (e.code() != ErrorCode.ALREADY_ENDED) {
                throw e;
            }
        }
    }

    private SweepView view(Sweep sweep) {
        Metric metric = sweep.runs().get(0).work().recipe().training().bestMetric();
        Map<Map<String, JsonNode>, List<SweepView.Run>> runs = new LinkedHashMap<>();
        int running = 0;
        for (Sweep.Run run : sweep.runs()) {
            // A gateway that died while it started a sweep has left jobs without a journal; starting twice is once.
            JobState job = intake.start(run.job(), run.work());
            TrainingView training = trainings.view(job);
            running += training.status().ended() ? 0 : 1;
            runs.computeIfAbsent(run.settings(), settings -> new ArrayList<>()).add(view(run, training));
        }
        begun.add(sweep.id());
        List<SweepView.Candidate> candidates = new ArrayList<>();
        runs.forEach((settings, ofThem) -> candidates.add(new SweepView.Candidate(settings, means(ofThem), ofThem)));
        String name = TrainingEvent.EpochCompleted.onValidation(metric.key());
        // A mean of some of the folds is of easier or harder ones than the others' means.
        candidates.sort(Comparator.<SweepView.Candidate>comparingLong(candidate -> without(name, candidate))
                .thenComparingDouble(candidate -> candidate.figures().containsKey(name)
                        ? -metric.gain(candidate.figures().get(name), 0)
                        : Double.MAX_VALUE));
        return new SweepView(sweep.id(), sweep.model(), name, running, candidates, sweep.createdAt());
    }

    private static SweepView.Run view(Sweep.Run run, TrainingView training) {
        TrainingEvent.@Nullable EpochCompleted best = training.best();
        return new SweepView.Run(
                run.job(),
                run.fold(),
                training.status(),
                best == null ? null : best.epoch(),
                best == null ? Map.of() : best.metrics(),
                training.result(),
                training.reason());
    }

    private static long without(String figure, SweepView.Candidate candidate) {
        return candidate.runs().stream()
                .filter(run -> !run.figures().containsKey(figure))
                .count();
    }

    private static Map<String, Double> means(List<SweepView.Run> runs) {
        Map<String, DoubleSummaryStatistics> figures = new LinkedHashMap<>();
        runs.forEach(run -> run.figures()
                .forEach((name, value) -> figures.computeIfAbsent(name, first -> new DoubleSummaryStatistics())
                        .accept(value)));
        Map<String, Double> means = new LinkedHashMap<>();
        figures.forEach((name, values) -> means.put(name, values.getAverage()));
        return means;
    }

    /** A candidate's settings for people. */
    static String settings(SweepView.Candidate candidate) {
        return candidate.settings().isEmpty() ? "as the recipe has it" : Json.text(candidate.settings());
    }
}
