package io.scanstream.trainer.ingest;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.trainer.TinyImages;
import org.junit.jupiter.api.Test;

class ExaminationTest {
    /** It kills the thread that meets it, and would leave a data set without some of its images. */
    @Test
    void anErrorOfAWorkersIsAnErrorOfTheWhole() {
        OutOfMemoryError full = new OutOfMemoryError("no room for this image");
        Examination.Keeper keeper = new Examination.Keeper() {
            @Override
            public String file(byte[] bytes) {
                throw full;
            }

            @Override
            public String made(byte[] png) {
                throw full;
            }
        };
        byte[] image = TinyImages.png(true, 1);
        try (Examination examination = new Examination(
                new ManifestBuilder(), new ImageDecoder(DecodeLimits.defaults()), keeper, images -> {}, () -> {})) {
            examination.file("a/1.png", image, image.length);
            assertThatThrownBy(examination::complete).isSameAs(full);
        }
    }
}
