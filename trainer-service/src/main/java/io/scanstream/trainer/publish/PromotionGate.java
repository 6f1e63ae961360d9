package io.scanstream.trainer.publish;

import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.AliasState;
import io.scanstream.contracts.model.GateDecision;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.RuleOutcome;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Journal;
import io.scanstream.storage.Models;
import io.scanstream.trainer.metrics.WeighedImages;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a new version becomes the champion: if every rule of its recipe's {@code gate} holds. Where there is a
 * champion the two are compared, on the new version's test images that the champion was not trained or chosen on. Promoted or
 * not, the decision is an entry of the champion's journal, with each rule, its figure and its bound.
 */
final class PromotionGate {
    private static final Logger LOG = Logger.getLogger(PromotionGate.class);
    private static final String ACTOR = "gate";

    private final Models models;
    private final Datasets datasets;
    private final Aliases aliases;
    private final Jobs jobs;
    private final Clock clock;

    PromotionGate(Models models, Datasets datasets, Aliases aliases, Jobs jobs, Clock clock) {
        this.models = models;
        this.datasets = datasets;
        this.aliases = aliases;
        this.jobs = jobs;
        this.clock = clock;
    }

    /** Says how good and how fast a published model is. */
    interface Scorer {
        /**
         * What a model makes of images.
         *
         * @param manifest of the images
         * @param entries of it
         */
        WeighedImages judge(ModelVersion version, Manifest manifest, List<Manifest.Entry> entries);

        /**
         * How long one scan takes, in milliseconds, from its bytes to its probabilities: the median of many, one at a time.
         *
         * @param entries the scans, at least one
         */
        double latencyMs(ModelVersion version, List<Manifest.Entry> entries);
    }

    /** What the rules say. */
    private record Verdict(List<RuleOutcome> rules, Map<String, Double> figures) {
        boolean promote() {
            return rules.stream().allMatch(RuleOutcome::passed);
        }

        /** Every rule that is broken; or if none is, every rule. */
        String reason(@Nullable String champion) {
            String rules = this.rules.stream()
                    .filter(rule -> promote() || !rule.passed())
                    .map(RuleOutcome::detail)
                    .collect(Collectors.joining("; "));
            String first = champion == null && promote() ? "there is no champion" : "";
            return first + (first.isEmpty() || rules.isEmpty() ? "" : "; ") + rules;
        }
    }

    /** Decides once for a job; asked again it gives the same answer. */
    GateDecision decide(JobId job, ModelVersion candidate, Scorer scorer) {
        Optional<GateDecision> before = jobs.gateDecision(job);
        if (before.isPresent()) {
            return before.get();
        }
        Journal<AliasState> champion = aliases.journal(candidate.name(), ScanHeaders.CHAMPION);
        while (true) {
            List<Journal.Entry<AliasState>> history = champion.history();
            Optional<AliasState> decided = history.stream()
                    .map(Journal.Entry::value)
                    .filter(state -> isAbout(state, candidate))
                    .findFirst();
            if (decided.isPresent()) {
                // By us, before the decision could be written down; or by a person, which stands.
                return written(job, candidate, null, decided.get());
            }
            int head = history.isEmpty() ? 0 : history.get(history.size() - 1).number();
            String current = history.isEmpty()
                    ? null
                    : history.get(history.size() - 1).value().version();
            AliasState next = next(candidate, current, scorer);
            if (champion.append(head, next)) {
                return written(job, candidate, current, next);
            }
            // Somebody has changed the champion: compare with that one.
        }
    }

    private static boolean isAbout(AliasState state, ModelVersion candidate) {
        return candidate.version().equals(state.about() != null ? state.about() : state.version());
    }

    private AliasState next(ModelVersion candidate, @Nullable String current, Scorer scorer) {
        Verdict verdict =
                judged(candidate, current == null ? null : new ModelVersion(candidate.name(), current), scorer);
        return new AliasState(
                verdict.promote() ? candidate.version() : current,
                ACTOR,
                verdict.reason(current),
                verdict.figures(),
                clock.instant(),
                verdict.promote() ? AliasState.Decision.PROMOTED : AliasState.Decision.REFUSED,
                candidate.version(),
                verdict.rules());
    }

    private GateDecision written(JobId job, ModelVersion candidate, @Nullable String champion, AliasState state) {
        GateDecision decision = new GateDecision(
                candidate,
                champion,
                candidate.version().equals(state.version()),
                state.reason(),
                state.figures(),
                clock.instant(),
                state.rules());
        jobs.writeGateDecision(job, decision);
        LOG.infof("model %s: %s: %s", candidate, decision.promoted() ? "promoted" : "not promoted", decision.reason());
        return decision;
    }

    private Verdict judged(ModelVersion candidate, @Nullable ModelVersion champion, Scorer scorer) {
        Optional<ModelCard> card = models.card(candidate);
        if (card.isEmpty()) {
            return not(List.of(), "the card of " + candidate + " is not there");
        }
        Optional<Manifest> tested = manifest(card.get());
        GateRules rules = new GateRules(card.get());
        List<RuleOutcome> alone = rules.alone(() -> latencyMs(candidate, tested, scorer));
        return champion == null
                ? new Verdict(alone, Map.of())
                : compare(candidate, card.get(), tested, champion, rules, alone, scorer);
    }

    /** NaN where there is no test image to time. */
    private static double latencyMs(ModelVersion candidate, Optional<Manifest> tested, Scorer scorer) {
        List<Manifest.Entry> scans =
                tested.map(manifest -> manifest.of(Split.TEST)).orElse(List.of());
        return scans.isEmpty() ? Double.NaN : scorer.latencyMs(candidate, scans);
    }

    private Verdict compare(
            ModelVersion candidate,
            ModelCard mine,
            Optional<Manifest> tested,
            ModelVersion champion,
            GateRules rules,
            List<RuleOutcome> alone,
            Scorer scorer) {
        Optional<ModelCard> its = models.card(champion);
        if (its.isEmpty()) {
            return not(alone, "the card of " + champion + " is not there");
        }
        if (!mine.classes().equals(its.get().classes())) {
            return not(
                    alone,
                    "its classes " + mine.classes() + " are not the champion's "
                            + its.get().classes());
        }
        if (mine.task() != its.get().task()) {
            return not(
                    alone,
                    "its task " + mine.task() + " is not the champion's "
                            + its.get().task());
        }
        Optional<Manifest> seen = manifest(its.get());
        if (tested.isEmpty() || seen.isEmpty()) {
            return not(
                    alone,
                    "the manifest of " + (tested.isEmpty() ? candidate : champion)
                            + " is not there: what it has seen is not known");
        }
        List<Manifest.Entry> clean = clean(tested.get(), seen.get());
        RuleOutcome enough = rules.enough(clean.size());
        if (!enough.passed()) {
            return new Verdict(and(alone, enough), Map.of());
        }
        GateRules.Comparison comparison = rules.notWorse(
                scorer.judge(candidate, tested.get(), clean), scorer.judge(champion, tested.get(), clean));
        return new Verdict(and(and(alone, enough), comparison.outcome()), comparison.figures());
    }

    private Optional<Manifest> manifest(ModelCard card) {
        DatasetVersion dataset = card.dataset();
        return dataset == null ? Optional.empty() : datasets.manifest(dataset);
    }

    /** Test images of one that the other saw neither in training nor in validation, and that both manifests keep apart. */
    static List<Manifest.Entry> clean(Manifest tested, Manifest seen) {
        Set<String> known = new HashSet<>();
        for (Manifest manifest : List.of(tested, seen)) {
            for (Manifest.Entry entry : manifest.entries()) {
                if (entry.split() != Split.TEST && entry.duplicateOf() == null) {
                    known.add(entry.sha256());
                }
            }
        }
        return tested.of(Split.TEST).stream()
                .filter(entry -> !known.contains(entry.sha256()))
                .toList();
    }

    private static Verdict not(List<RuleOutcome> alone, String reason) {
        return new Verdict(and(alone, new RuleOutcome("comparable", null, null, false, reason)), Map.of());
    }

    private static List<RuleOutcome> and(List<RuleOutcome> rules, RuleOutcome another) {
        List<RuleOutcome> all = new ArrayList<>(rules);
        all.add(another);
        return List.copyOf(all);
    }
}
