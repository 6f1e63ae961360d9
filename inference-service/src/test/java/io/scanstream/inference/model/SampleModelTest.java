package io.scanstream.inference.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.local.aot.SampleModel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged model with which AOT caches are trained: a package of an earlier build, which every later one has to take. */
class SampleModelTest {
    @TempDir
    Path folder;

    @Test
    void isVerified() {
        OnnxRuntime runtime = new OnnxRuntime(OnnxSettings.defaults(OnnxSettings.Device.CPU));
        LoadedModel model =
                new ModelLoader(runtime, new ImageDecoder(DecodeLimits.defaults())).load(SampleModel.unpacked(folder));

        assertThat(model.version().name()).isEqualTo("warm-up");
        model.release();
    }
}
