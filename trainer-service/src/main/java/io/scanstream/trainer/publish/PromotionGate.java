package io.scanstream.trainer.publish;

import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.AliasState;
import io.scanstream.contracts.model.GateDecision;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Journal;
import io.scanstream.storage.Models;
import java.time.Clock;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Decides whether a new version becomes the champion. The first one does. A later one has to be at least as good as the
 * champion, on the new version's test images that the champion was not trained or chosen on: of a classifier the share of
 * right decisions counts, of a segmenter the mean Dice. Where there are too few of those images nothing is promoted, and a
 * person may.
 */
final class PromotionGate {
    static final int FEWEST_IMAGES = 20;

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

    /** Says how good a published model is. */
    interface Scorer {
        /**
         * The mean over images of what counts for their task, 0 to 1: whether the decision is right, or the Dice of the
         * foreground classes.
         *
         * @param manifest of the images
         * @param entries of it
         */
        double mean(ModelVersion version, Manifest manifest, List<Manifest.Entry> entries);
    }

    /** Why not, or on what grounds. */
    private record Verdict(boolean promote, String reason, Map<String, Double> figures) {}

    /** Decides once for a job; asked again it gives the same answer. */
    GateDecision decide(JobId job, ModelVersion candidate, Scorer scorer) {
        Optional<GateDecision> before = jobs.gateDecision(job);
        if (before.isPresent()) {
            return before.get();
        }
        Journal<AliasState> champion = aliases.journal(candidate.name(), ScanHeaders.CHAMPION);
        while (true) {
            Optional<Journal.Entry<AliasState>> promoted = champion.history().stream()
                    .filter(entry -> candidate.version().equals(entry.value().version()))
                    .findFirst();
            if (promoted.isPresent()) {
                // By us, before the decision could be written down; or by a person, which stands.
                AliasState state = promoted.get().value();
                return decided(job, candidate, null, new Verdict(true, state.reason(), state.figures()));
            }
            Optional<Journal.Entry<AliasState>> head = champion.head();
            String current = head.map(entry -> entry.value().version()).orElse(null);
            Verdict verdict = current == null
                    ? new Verdict(true, "there is no champion", Map.of())
                    : compare(candidate, new ModelVersion(candidate.name(), current), scorer);
            if (!verdict.promote()
                    || champion.append(head.map(Journal.Entry::number).orElse(0), entry(candidate, verdict))) {
                return decided(job, candidate, current, verdict);
            }
            // Somebody has changed the champion: compare with that one.
        }
    }

    private AliasState entry(ModelVersion candidate, Verdict verdict) {
        return new AliasState(candidate.version(), ACTOR, verdict.reason(), verdict.figures(), clock.instant());
    }

    private GateDecision decided(
            JobId job, ModelVersion candidate, @org.jspecify.annotations.Nullable String champion, Verdict verdict) {
        GateDecision decision = new GateDecision(
                candidate, champion, verdict.promote(), verdict.reason(), verdict.figures(), clock.instant());
        jobs.writeGateDecision(job, decision);
        LOG.infof("model %s: %s: %s", candidate, decision.promoted() ? "promoted" : "not promoted", decision.reason());
        return decision;
    }

    private Verdict compare(ModelVersion candidate, ModelVersion champion, Scorer scorer) {
        Optional<ModelCard> mine = models.card(candidate);
        Optional<ModelCard> its = models.card(champion);
        if (mine.isEmpty() || its.isEmpty()) {
            return not("the card of " + (mine.isEmpty() ? candidate : champion) + " is not there");
        }
        if (!mine.get().classes().equals(its.get().classes())) {
            return not("its classes " + mine.get().classes() + " are not the champion's "
                    + its.get().classes());
        }
        if (mine.get().task() != its.get().task()) {
            return not("its task " + mine.get().task() + " is not the champion's "
                    + its.get().task());
        }
        Optional<Manifest> tested = manifest(mine.get());
        Optional<Manifest> seen = manifest(its.get());
        if (tested.isEmpty() || seen.isEmpty()) {
            return not("the manifest of " + (tested.isEmpty() ? candidate : champion)
                    + " is not there: what it has seen is not known");
        }
        List<Manifest.Entry> clean = clean(tested.get(), seen.get());
        if (clean.size() < FEWEST_IMAGES) {
            return not("only " + clean.size() + " of its test images are new to the champion, " + FEWEST_IMAGES
                    + " are needed");
        }
        return byMean(
                mine.get().task() == Task.SEGMENTATION ? "Dice" : "Accuracy",
                clean.size(),
                scorer.mean(candidate, tested.get(), clean),
                scorer.mean(champion, tested.get(), clean));
    }

    private Optional<Manifest> manifest(ModelCard card) {
        DatasetVersion dataset = card.dataset();
        return dataset == null ? Optional.empty() : datasets.manifest(dataset);
    }

    private static Verdict byMean(String metric, int images, double candidate, double champion) {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("images", (double) images);
        figures.put("candidate" + metric, candidate);
        figures.put("champion" + metric, champion);
        String reason = String.format(
                Locale.ROOT,
                "%s %.4f on %d test images that neither was trained on, the champion's %.4f",
                metric,
                candidate,
                images,
                champion);
        return new Verdict(candidate >= champion, reason, figures);
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

    private static Verdict not(String reason) {
        return new Verdict(false, reason, Map.of());
    }
}
