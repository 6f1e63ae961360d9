package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ScanstreamException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class PngWriterTest {
    @Test
    void writesWhatEveryReaderReads() throws IOException {
        byte[] rgb = TestImages.pixels(19, 11, 3, 1);

        BufferedImage read = ImageIO.read(new ByteArrayInputStream(PngWriter.encode(rgb, 19, 11, 3)));

        assertThat(read.getWidth()).isEqualTo(19);
        assertThat(read.getHeight()).isEqualTo(11);
        for (int i = 0; i < 19 * 11; i++) {
            int pixel = (rgb[3 * i] & 0xff) << 16 | (rgb[3 * i + 1] & 0xff) << 8 | (rgb[3 * i + 2] & 0xff);
            assertThat(read.getRGB(i % 19, i / 19) & 0xffffff).isEqualTo(pixel);
        }
    }

    @Test
    void givesGreyBackAsGrey() {
        byte[] grey = TestImages.pixels(33, 20, 1, 1);

        Image image = Decoding.decode(PngWriter.encode(grey, 33, 20, 1));

        Decoding.assertPixels(image, 33, 20, 1, grey);
        Decoding.assertPixels(Decoding.decode(PngWriter.encode(image)), 33, 20, 1, grey);
    }

    @Test
    void refusesPixelsOfAnotherSize() {
        assertThatThrownBy(() -> PngWriter.encode(new byte[5], 2, 2, 1))
                .isInstanceOf(ScanstreamException.class)
                .hasMessageContaining("5 bytes are not 2x2x1");
        assertThatThrownBy(() -> PngWriter.encode(new byte[8], 2, 2, 2)).isInstanceOf(ScanstreamException.class);
    }
}
