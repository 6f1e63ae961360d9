package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.imaging.ClassMap;
import io.scanstream.trainer.data.Batch;
import io.scanstream.trainer.data.Sample;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.metrics.Bootstrap;
import io.scanstream.trainer.metrics.ClassificationMetrics;
import io.scanstream.trainer.metrics.Ranking;
import io.scanstream.trainer.metrics.SegmentationMetrics;
import io.scanstream.trainer.onnx.OnnxModel;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Scores splits through ONNX Runtime and says how good the answers are, for either task. */
final class SplitEvaluator {
    /** As in the classifier's log loss: one certain mistake must not make it infinite. */
    private static final double LEAST_PROBABILITY = 1e-15;

    private final OnnxModel model;
    private final TrainingData data;
    private final int positive;
    private final DecisionRule rule;
    private final MergedClasses merged;
    private final List<String> subgroupColumns;

    /**
     * Evaluates a model on the data that its recipe sees.
     *
     * @param positive index of the positive class, for two classes
     * @param rule how a classifier decides; merged classes are decided for where they are most probable
     */
    SplitEvaluator(OnnxModel model, TrainingData data, Recipe recipe, int positive, DecisionRule rule) {
        this.model = model;
        this.data = data;
        this.positive = positive;
        this.rule = rule;
        this.merged = new MergedClasses(
                data.classes(), recipe.evaluation(), data.classes().get(positive));
        this.subgroupColumns =
                recipe.evaluation() == null ? List.of() : recipe.evaluation().subgroups();
    }

    /** Evaluates samples that have labels or masks; the observer sees every batch too. */
    SplitResult evaluate(List<Sample> samples, Scoring.Observer observer) {
        Collector collector = data.task() == Task.SEGMENTATION ? new OfPixels(samples) : new OfImages(samples);
        Scoring.run(model, data, samples, (scored, batch, scores) -> {
            collector.add(scored, batch, scores);
            observer.scored(scored, batch, scores);
        });
        return collector.result();
    }

    private interface Collector {
        /** Takes in a batch. */
        void add(List<Sample> samples, Batch batch, OnnxModel.Scores scores);

        SplitResult result();
    }

    private final class OfImages implements Collector {
        private final float[][] probabilities;
        private final List<float[]> logits = new ArrayList<>();
        private final int[] labels;
        private final Subgroups subgroups;
        private final Table images;
        private final Gallery wrong =
                new Gallery(data.preprocessing(), data.classes().size());
        private int next;

        OfImages(List<Sample> samples) {
            this.probabilities = new float[samples.size()][];
            this.subgroups = new Subgroups(subgroupColumns, samples);
            this.labels = samples.stream().mapToInt(Sample::label).toArray();
            List<String> columns = new ArrayList<>(List.of("path", "class", "decision"));
            columns.addAll(data.classes());
            this.images = new Table(columns);
        }

        @Override
        public void add(List<Sample> samples, Batch batch, OnnxModel.Scores scores) {
            for (int i = 0; i < samples.size(); i++) {
                float[] row = scores.probabilities()[i];
                logits.add(scores.logits()[i]);
                int truth = samples.get(i).label();
                int decided = rule.decide(row);
                String path = samples.get(i).entry().path();
                List<String> line = new ArrayList<>(
                        List.of(path, data.classes().get(truth), data.classes().get(decided)));
                for (float probability : row) {
                    line.add(Table.number(probability));
                }
                images.add(line);
                if (decided != truth) {
                    String caption = String.format(
                            Locale.ROOT,
                            "%s, decided %s (%.3f against %.3f)",
                            data.classes().get(truth),
                            data.classes().get(decided),
                            row[decided],
                            row[truth]);
                    wrong.offer(1 - row[truth], path, caption, batch.pixels(), i);
                }
                probabilities[next++] = row;
            }
        }

        @Override
        public SplitResult result() {
            Metrics metrics = metrics(probabilities, labels);
            if (merged.any()) {
                metrics = metrics.withMerged(ClassificationMetrics.of(
                        merged.names(), merged.sums(probabilities), merged.labels(labels), merged.positive()));
            }
            metrics = metrics.withSubgroups(
                    subgroups.parts().stream().map(this::ofPart).toList());
            List<Ranking> rankings = IntStream.range(0, data.classes().size())
                    .mapToObj(k -> Ranking.of(probabilities, labels, k))
                    .toList();
            return new SplitResult(
                    metrics,
                    rankings,
                    List.of(),
                    Answers.of(logits, labels, positive),
                    subgroups.warnings(metrics),
                    images,
                    wrong);
        }

        private Metrics.Subgroup ofPart(Subgroups.Part part) {
            float[][] itsProbabilities = new float[part.samples().length][];
            int[] itsLabels = new int[part.samples().length];
            for (int i = 0; i < itsLabels.length; i++) {
                itsProbabilities[i] = probabilities[part.samples()[i]];
                itsLabels[i] = labels[part.samples()[i]];
            }
            return new Metrics.Subgroup(part.column(), part.value(), metrics(itsProbabilities, itsLabels));
        }

        private Metrics metrics(float[][] ofThem, int[] theirLabels) {
            return ClassificationMetrics.of(data.classes(), ofThem, theirLabels, positive, rule)
                    .withIntervals(Bootstrap.ofClassifier(data.classes(), ofThem, theirLabels, positive, rule));
        }
    }

    private final class OfPixels implements Collector {
        private final int width = data.preprocessing().widthPx();
        private final int height = data.preprocessing().heightPx();
        private final PixelTally all = new PixelTally(data.classes());
        private final @Nullable PixelTally ofMerged = merged.any() ? new PixelTally(merged.names()) : null;
        private final Subgroups subgroups;
        private final List<PixelTally> ofParts = new ArrayList<>();
        private final List<List<PixelTally>> partsOfSamples = new ArrayList<>();
        private final Table images = new Table(List.of("path", "dice", "iou"));
        private final Gallery worst =
                new Gallery(data.preprocessing(), data.classes().size());
        private int next;

        OfPixels(List<Sample> samples) {
            this.subgroups = new Subgroups(subgroupColumns, samples);
            samples.forEach(sample -> partsOfSamples.add(new ArrayList<>()));
            for (Subgroups.Part part : subgroups.parts()) {
                PixelTally tally = new PixelTally(data.classes());
                ofParts.add(tally);
                for (int sample : part.samples()) {
                    partsOfSamples.get(sample).add(tally);
                }
            }
        }

        @Override
        public void add(List<Sample> samples, Batch batch, OnnxModel.Scores scores) {
            float[][] maps = scores.probabilities();
            ByteBuffer truths = batch.masks().orElseThrow();
            for (int i = 0; i < samples.size(); i++) {
                ClassMap decided = ClassMap.of(maps[i], data.classes().size(), width, height);
                byte[] truth = new byte[width * height];
                truths.get(truths.position() + i * truth.length, truth);
                SegmentationMetrics.ImageOverlap here = all.add(truth, decided.classes(), maps[i]);
                for (PixelTally part : partsOfSamples.get(next++)) {
                    part.add(truth, decided.classes(), maps[i]);
                }
                if (ofMerged != null) {
                    float[] sums = merged.sums(maps[i], truth.length);
                    ClassMap mergedDecision = ClassMap.of(sums, merged.names().size(), width, height);
                    ofMerged.add(merged.indices(truth), mergedDecision.classes(), sums);
                }
                String path = samples.get(i).entry().path();
                images.add(List.of(path, Table.number(here.dice()), Table.number(here.iou())));
                String caption = String.format(Locale.ROOT, "Dice %.3f, IoU %.3f", here.dice(), here.iou());
                worst.offer(1 - here.dice(), path, caption, batch.pixels(), truths, decided.classes(), i);
            }
        }

        @Override
        public SplitResult result() {
            Metrics metrics = all.metrics();
            if (ofMerged != null) {
                metrics = metrics.withMerged(ofMerged.metrics());
            }
            List<Metrics.Subgroup> parts = new ArrayList<>();
            for (int i = 0; i < ofParts.size(); i++) {
                Subgroups.Part part = subgroups.parts().get(i);
                parts.add(new Metrics.Subgroup(
                        part.column(), part.value(), ofParts.get(i).metrics()));
            }
            metrics = metrics.withSubgroups(parts);
            return new SplitResult(metrics, List.of(), all.dice(), null, subgroups.warnings(metrics), images, worst);
        }
    }

    /** What some masks' pixels add up to. */
    private static final class PixelTally {
        private final SegmentationMetrics overlap;
        private final List<SegmentationMetrics.ImageOverlap> overlaps = new ArrayList<>();
        private double logLoss;
        private long pixels;

        PixelTally(List<String> classes) {
            this.overlap = new SegmentationMetrics(classes);
        }

        /**
         * Takes in one image.
         *
         * @param map probabilities, {@code [classes, height, width]}
         */
        SegmentationMetrics.ImageOverlap add(byte[] truth, byte[] decided, float[] map) {
            SegmentationMetrics.ImageOverlap here = overlap.add(ByteBuffer.wrap(truth), ByteBuffer.wrap(decided), 1)
                    .get(0);
            overlaps.add(here);
            for (int i = 0; i < truth.length; i++) {
                logLoss -= Math.log(Math.max(LEAST_PROBABILITY, map[(truth[i] & 0xff) * truth.length + i]));
            }
            pixels += truth.length;
            return here;
        }

        Metrics metrics() {
            return overlap.metrics(logLoss / pixels)
                    .withIntervals(Bootstrap.ofMeans(Map.of(
                            "dice", ofImages(SegmentationMetrics.ImageOverlap::dice),
                            "iou", ofImages(SegmentationMetrics.ImageOverlap::iou))));
        }

        List<Double> dice() {
            return overlaps.stream().map(SegmentationMetrics.ImageOverlap::dice).toList();
        }

        private double[] ofImages(ToDoubleFunction<SegmentationMetrics.ImageOverlap> figure) {
            return overlaps.stream().mapToDouble(figure).toArray();
        }
    }
}
