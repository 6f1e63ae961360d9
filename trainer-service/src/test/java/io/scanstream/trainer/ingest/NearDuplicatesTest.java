package io.scanstream.trainer.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.dataset.Likeness;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.Preprocessing.Interpolation;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.imaging.Resampler;
import io.scanstream.trainer.data.NearDuplicates;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import org.junit.jupiter.api.Test;

class NearDuplicatesTest {
    private static final int SIDE = 96;

    private static Manifest.Entry entry(String path, Split split, byte[] pixels, int side) {
        return new Manifest.Entry(
                path, path, 1, "a", split, null, null, null, null, Likenesses.of(pixels, side, side, 3), Map.of());
    }

    /** Tissue-like blobs: smooth noise in colour. */
    private static byte[] blobs(long seed) {
        byte[] coarse = new byte[16 * 16 * 3];
        SplittableRandom random = new SplittableRandom(seed);
        random.nextBytes(coarse);
        return new Resampler(Interpolation.BILINEAR).resize(coarse, 16, 16, 3, SIDE, SIDE);
    }

    private static byte[] asJpeg(byte[] pixels) throws IOException {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < SIDE * SIDE; i++) {
            int rgb = ((pixels[3 * i] & 0xff) << 16) | ((pixels[3 * i + 1] & 0xff) << 8) | (pixels[3 * i + 2] & 0xff);
            image.setRGB(i % SIDE, i / SIDE, rgb);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ImageWriteParam quality = writer.getDefaultWriteParam();
        quality.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        quality.setCompressionQuality(0.4f);
        writer.setOutput(ImageIO.createImageOutputStream(out));
        writer.write(null, new IIOImage(image, null, null), quality);
        writer.dispose();
        return new ImageDecoder(DecodeLimits.defaults())
                .decode(out.toByteArray())
                .pixels();
    }

    @Test
    void findsWhatWasSavedAgainScaledOrBrightened() throws IOException {
        List<Manifest.Entry> entries = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            entries.add(entry("test/" + i, Split.TEST, blobs(i), SIDE));
            entries.add(entry("train/" + i, Split.TRAIN, blobs(1000 + i), SIDE));
        }
        entries.add(entry("train/saved", Split.TRAIN, asJpeg(blobs(3)), SIDE));
        byte[] smaller = new Resampler(Interpolation.BILINEAR).resize(blobs(5), SIDE, SIDE, 3, 64, 64);
        entries.add(entry("train/scaled", Split.TRAIN, smaller, 64));
        byte[] brighter = blobs(7);
        for (int i = 0; i < brighter.length; i++) {
            brighter[i] = (byte) Math.min(255, (brighter[i] & 0xff) + 12);
        }
        entries.add(entry("validation/brighter", Split.VALIDATION, brighter, SIDE));
        entries.add(entry("train/within", Split.TRAIN, blobs(1001), SIDE));

        assertThat(NearDuplicates.find(entries))
                .extracting(Manifest.NearDuplicate::path, Manifest.NearDuplicate::near)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("train/saved", "test/3"),
                        org.assertj.core.groups.Tuple.tuple("train/scaled", "test/5"),
                        org.assertj.core.groups.Tuple.tuple("validation/brighter", "test/7"));
    }

    @Test
    void aFlatImageHasNoStructureToCompare() {
        byte[] flat = new byte[SIDE * SIDE * 3];
        java.util.Arrays.fill(flat, (byte) 77);
        assertThat(Likenesses.of(flat, SIDE, SIDE, 3)).isEqualTo(new Likeness("0".repeat(Likeness.DIGITS)));
    }
}
