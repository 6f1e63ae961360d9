package io.scanstream.inference.explanation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.Image;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.imaging.PngWriter;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.explanation.Heatmap.Method;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.ScorerSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A model whose logits are the means of the colours: a class is seen where its colour is. */
class ExplainerTest {
    private static final OnnxRuntime RUNTIME = new OnnxRuntime(OnnxSettings.defaults(Device.CPU));
    private static final ImageDecoder DECODER = new ImageDecoder(DecodeLimits.defaults());
    private static final int SIDE = TinyModel.SIDE;

    @TempDir
    Path folder;

    private final Scorer scorer = new Scorer(ScorerSettings.defaults(), DECODER, new SimpleMeterRegistry());
    private final Explainer explainer = new Explainer(scorer, Duration.ofMinutes(1), 1);

    @AfterEach
    void close() {
        scorer.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"CLASS_ACTIVATION", "OCCLUSION"})
    void aClassIsSeenWhereItsColourIsAndAnotherOneElsewhere(Method method) {
        LoadedModel model =
                load(method == Method.CLASS_ACTIVATION ? TinyModel.aModel().mapping() : TinyModel.aModel());

        Heatmap decided = explain(model, null);
        Heatmap red = explain(model, "benign");
        Heatmap blue = explain(model, "normal");

        assertThat(decided.label()).isEqualTo("normal");
        assertThat(decided.evidence()).isEqualTo(blue.evidence());
        assertThat(red.method()).isEqualTo(method);
        assertThat(red.version()).isEqualTo(model.version());
        // The left quarter is red, and nothing of what is said of it reaches farther than a step to the right.
        for (int i = 0; i < red.evidence().length; i++) {
            double middle = (i % red.columns() + 0.5) / red.columns();
            if (middle < 0.2) {
                assertThat(red.evidence()[i]).as("red at %d", i).isPositive();
                assertThat(blue.evidence()[i]).as("blue at %d", i).isNegative();
            } else if (middle > 0.4) {
                assertThat(red.evidence()[i]).as("red at %d", i).isNegative();
                assertThat(blue.evidence()[i]).as("blue at %d", i).isPositive();
            }
        }
        model.release();
    }

    @Test
    void aSegmentersMapIsTheProbabilityOfTheClass() {
        LoadedModel model = load(TinyModel.aModel().segmenting());

        Heatmap red = explain(model, "benign");

        assertThat(red.method()).isEqualTo(Method.SEGMENTATION);
        assertThat(red.columns()).isEqualTo(SIDE);
        assertThat(red.evidence()[0]).isGreaterThan(0.99f);
        assertThat(red.evidence()[SIDE - 1]).isLessThan(0.01f);
        assertThat(explain(model, null).label()).isEqualTo("cancer");
        model.release();
    }

    @Test
    void thePictureIsOrangeWhereSomethingSpeaksForTheClassAndBlueWhereAgainst() {
        LoadedModel model = load(TinyModel.aModel().mapping());

        Image picture = DECODER.decode(explain(model, "benign").png());

        assertThat(picture.widthPx()).isEqualTo(448);
        assertThat(picture.heightPx()).isEqualTo(448);
        assertThat(red(picture, 20, 200)).isGreaterThan(blue(picture, 20, 200));
        assertThat(red(picture, 300, 200)).isLessThan(blue(picture, 300, 200));
        model.release();
    }

    @Test
    void aClassThatTheModelDoesNotKnowIsRefused() {
        LoadedModel model = load(TinyModel.aModel());

        assertThatThrownBy(() -> explain(model, "cat"))
                .hasMessageContaining("knows [benign, cancer, normal], not 'cat'");
        // Whatever came of it, there is room for the next.
        assertThat(explain(model, "cancer").label()).isEqualTo("cancer");
        model.release();
    }

    @Test
    void moreThanAreAllowedAtOnceAreRefused() {
        LoadedModel model = load(TinyModel.aModel());
        CompletableFuture<Heatmap> first = explainer.explain(model.acquire(), halves(), null, () -> true);
        CompletableFuture<Heatmap> second = explainer.explain(model.acquire(), halves(), null, () -> true);

        assertThatThrownBy(second::join).hasMessageContaining("1 heat maps are being made already");
        assertThat(first.join().method()).isEqualTo(Method.OCCLUSION);
        model.release();
    }

    @Test
    void aMapThatNobodyWantsAnyMoreEnds() {
        LoadedModel model = load(TinyModel.aModel());

        assertThatThrownBy(() -> explainer
                        .explain(model.acquire(), halves(), null, () -> false)
                        .join())
                .hasMessageContaining("not wanted any more");
        assertThatThrownBy(() -> new Explainer(scorer, Duration.ofNanos(1), 1)
                        .explain(model.acquire(), halves(), null, () -> true)
                        .join())
                .hasMessageContaining("scores go first");
        model.release();
    }

    private Heatmap explain(LoadedModel model, @Nullable String label) {
        return explainer.explain(model.acquire(), halves(), label, () -> true).join();
    }

    /** The left quarter red, the rest blue. */
    private static byte[] halves() {
        byte[] pixels = new byte[SIDE * SIDE * 3];
        for (int i = 0; i < SIDE * SIDE; i++) {
            pixels[3 * i + (i % SIDE < SIDE / 4 ? 0 : 2)] = (byte) 250;
        }
        return PngWriter.encode(pixels, SIDE, SIDE, 3);
    }

    private LoadedModel load(TinyModel model) {
        return new ModelLoader(RUNTIME, DECODER).load(model.write(folder));
    }

    private static int red(Image picture, int x, int y) {
        return picture.pixels()[3 * (y * picture.widthPx() + x)] & 0xff;
    }

    private static int blue(Image picture, int x, int y) {
        return picture.pixels()[3 * (y * picture.widthPx() + x) + 2] & 0xff;
    }
}
