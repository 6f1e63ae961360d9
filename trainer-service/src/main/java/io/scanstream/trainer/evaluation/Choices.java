package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.Calibration;
import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.OperatingPoint;
import io.scanstream.contracts.model.Referral;
import io.scanstream.contracts.recipe.OperatingRule;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.data.Sample;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.metrics.OperatingPoints;
import io.scanstream.trainer.metrics.ReliabilityDiagram;
import io.scanstream.trainer.metrics.Temperature;
import io.scanstream.trainer.onnx.OnnxModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is chosen after training, on the validation split alone: the temperature, the threshold of the positive class, and
 * from which confidence on decisions stand. A segmenter, or a training without validation images, has none of them.
 *
 * @param temperature absent where it could not be fitted
 * @param operatingPoint absent where the recipe asks for none
 * @param referral absent where the recipe asks for none
 * @param warnings what could not be chosen as it was asked for
 */
record Choices(
        @Nullable Double temperature,
        @Nullable OperatingPoint operatingPoint,
        @Nullable Referral referral,
        DecisionRule rule,
        List<String> warnings) {
    Choices {
        warnings = List.copyOf(warnings);
    }

    /** Of a segmenter. */
    static Choices none() {
        return new Choices(null, null, null, DecisionRule.MOST_PROBABLE, List.of());
    }

    /**
     * Makes the choices of a classifier.
     *
     * @param model exported without a temperature
     * @param positive index of the positive class
     */
    static Choices of(OnnxModel model, TrainingData data, Recipe recipe, int positive, Runnable mayGoOn) {
        Recipe.Evaluation asked = recipe.evaluation();
        OperatingRule wanted = asked == null ? null : asked.operatingPoint();
        Double accuracy = asked == null ? null : asked.referBelowAccuracy();
        List<String> warnings = new ArrayList<>();
        if (data.validation().isEmpty()) {
            if (wanted != null || accuracy != null) {
                warnings.add("There is no validation image: neither a threshold nor a confidence could be chosen.");
            }
            return new Choices(null, null, null, DecisionRule.MOST_PROBABLE, warnings);
        }
        Answers answers = answers(model, data, positive, mayGoOn);
        double temperature = Temperature.fit(answers.logits(), answers.labels());
        float[][] probabilities = answers.probabilities(temperature);
        OperatingPoint point = wanted == null ? null : point(wanted, probabilities, answers, data, positive, warnings);
        DecisionRule rule = DecisionRule.of(positive, point == null ? null : point.threshold());
        Referral referral =
                accuracy == null ? null : OperatingPoints.refer(accuracy, probabilities, answers.labels(), rule);
        if (referral != null && referral.validation().coverage() == 0) {
            warnings.add("No decision on the validation split is sure enough for an accuracy of " + accuracy
                    + ": all scans are referred.");
        }
        return new Choices(temperature, point, referral, rule, warnings);
    }

    private static Answers answers(OnnxModel model, TrainingData data, int positive, Runnable mayGoOn) {
        List<float[]> logits = new ArrayList<>();
        Scoring.run(model, data, data.validation(), (samples, batch, scores) -> {
            mayGoOn.run();
            logits.addAll(List.of(scores.logits()));
        });
        int[] labels = data.validation().stream().mapToInt(Sample::label).toArray();
        return Answers.of(logits, labels, positive);
    }

    private static @Nullable OperatingPoint point(
            OperatingRule wanted,
            float[][] probabilities,
            Answers answers,
            TrainingData data,
            int positive,
            List<String> warnings) {
        int testPositives = (int) data.test().stream()
                .filter(sample -> sample.label() == positive)
                .count();
        OperatingPoint point = new OperatingPoints(probabilities, answers.labels(), positive)
                .choose(wanted, testPositives, data.test().size() - testPositives);
        if (point == null) {
            warnings.add("The validation split has no image to choose the threshold by: the most probable class is"
                    + " decided for.");
        } else if (point.expected() != null && point.expected().rate() < aim(wanted)) {
            warnings.add(String.format(
                    Locale.ROOT,
                    "The validation split is too small for a %s of %.3f: the threshold gives %.3f on average.",
                    wanted instanceof OperatingRule.Sensitivity ? "sensitivity" : "specificity",
                    aim(wanted),
                    point.expected().rate()));
        }
        return point;
    }

    private static double aim(OperatingRule rule) {
        if (rule instanceof OperatingRule.Sensitivity sensitivity) {
            return sensitivity.atLeast();
        }
        return rule instanceof OperatingRule.Specificity specificity ? specificity.atLeast() : 0;
    }

    double temperatureOrNone() {
        return temperature == null ? Temperature.NONE : temperature;
    }

    /** How well the probabilities are calibrated, on test images; absent where nothing was fitted. */
    @Nullable
    Calibration calibration(@Nullable Answers test) {
        if (temperature == null) {
            return null;
        }
        return test == null || test.images() == 0
                ? new Calibration(temperature, null, null)
                : new Calibration(
                        temperature,
                        diagram(test, Temperature.NONE).figures(),
                        diagram(test, temperature).figures());
    }

    ReliabilityDiagram diagram(Answers test) {
        return diagram(test, temperatureOrNone());
    }

    private static ReliabilityDiagram diagram(Answers test, double temperature) {
        return ReliabilityDiagram.of(test.probabilities(temperature), test.labels());
    }

    /** The operating point with what it gives on test images. */
    @Nullable
    OperatingPoint tested(@Nullable Answers test) {
        if (operatingPoint == null || test == null || test.images() == 0) {
            return operatingPoint;
        }
        return new OperatingPoint(
                operatingPoint.rule(),
                operatingPoint.threshold(),
                operatingPoint.validation(),
                operatingPoint.expected(),
                new OperatingPoints(test.probabilities(temperatureOrNone()), test.labels(), rule.positive())
                        .rates(operatingPoint.threshold()));
    }

    /** The referral with what it gives on test images. */
    @Nullable
    Referral referralTested(@Nullable Answers test) {
        return referral == null || test == null || test.images() == 0
                ? referral
                : OperatingPoints.tested(referral, test.probabilities(temperatureOrNone()), test.labels(), rule);
    }
}
