package io.scanstream.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.recipe.Augmentation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AugmenterTest {
    /** 3 × 3, one channel: rows 1 2 3, 4 5 6, 7 8 9. */
    private static final byte[] NINE = {1, 2, 3, 4, 5, 6, 7, 8, 9};

    @Test
    void flips() {
        assertThat(apply(NINE, 3, 1, 0, new Augmentation.HorizontalFlip(1))).containsExactly(3, 2, 1, 6, 5, 4, 9, 8, 7);
        assertThat(apply(NINE, 3, 1, 0, new Augmentation.VerticalFlip(1))).containsExactly(7, 8, 9, 4, 5, 6, 1, 2, 3);
        assertThat(apply(NINE, 3, 1, 0, new Augmentation.HorizontalFlip(0))).isEqualTo(NINE);
    }

    @Test
    void flipsPixelsNotChannels() {
        byte[] two = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
        assertThat(apply(two, 2, 3, 0, new Augmentation.HorizontalFlip(1)))
                .containsExactly(4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9);
    }

    @Test
    void turnsByEveryQuarter() {
        Set<List<Byte>> seen = new HashSet<>();
        for (long seed = 0; seed < 40; seed++) {
            seen.add(boxed(apply(NINE, 3, 1, seed, new Augmentation.QuarterTurns())));
        }
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        boxed(NINE),
                        boxed(new byte[] {7, 4, 1, 8, 5, 2, 9, 6, 3}),
                        boxed(new byte[] {9, 8, 7, 6, 5, 4, 3, 2, 1}),
                        boxed(new byte[] {3, 6, 9, 2, 5, 8, 1, 4, 7}));
    }

    @Test
    void cropsFromTheMirroredEdge() {
        Set<List<Byte>> seen = new HashSet<>();
        for (long seed = 0; seed < 200; seed++) {
            seen.add(boxed(apply(NINE, 3, 1, seed, new Augmentation.RandomCrop(1))));
        }
        assertThat(seen)
                .hasSize(9)
                .contains(boxed(NINE), boxed(new byte[] {5, 4, 5, 2, 1, 2, 5, 4, 5}), boxed(new byte[] {
                    5, 6, 5, 8, 9, 8, 5, 6, 5
                }));
    }

    @Test
    void rotationKeepsTheMiddleAndAFlatImage() {
        byte[] flat = new byte[49 * 3];
        Arrays.fill(flat, (byte) 200);
        assertThat(apply(flat, 7, 3, 5, new Augmentation.Rotation(90))).isEqualTo(flat);
        byte[] dot = new byte[49];
        dot[24] = (byte) 255;
        byte[] turned = apply(dot, 7, 1, 5, new Augmentation.Rotation(40));
        assertThat(turned[24]).isEqualTo((byte) 255);
    }

    @Test
    void resizedCropOfEverythingIsTheImage() {
        byte[] noise = new byte[16 * 16 * 3];
        new java.util.Random(3).nextBytes(noise);
        assertThat(apply(noise, 16, 3, 1, new Augmentation.RandomResizedCrop(1, 1, 1)))
                .isEqualTo(noise);
    }

    @Test
    void resizedCropStaysWithinTheImagesValues() {
        byte[] ramp = new byte[16 * 16];
        for (int i = 0; i < ramp.length; i++) {
            ramp[i] = (byte) (100 + i % 16);
        }
        for (long seed = 0; seed < 50; seed++) {
            byte[] part = apply(ramp, 16, 1, seed, new Augmentation.RandomResizedCrop(0.2, 0.6, 0.75));
            for (int row = 0; row < 16; row++) {
                for (int x = 1; x < 16; x++) {
                    assertThat(part[row * 16 + x]).isBetween(part[row * 16 + x - 1], (byte) 115);
                }
            }
        }
    }

    @Test
    void brightnessAndContrastClampAndKeepOrder() {
        byte[] values = {0, 50, 100, (byte) 200, (byte) 255, (byte) 255};
        for (long seed = 0; seed < 50; seed++) {
            byte[] changed = apply(values, 2, 1, seed, new Augmentation.BrightnessContrast(0.5, 0.5));
            for (int i = 1; i < changed.length; i++) {
                assertThat(changed[i] & 0xFF).isGreaterThanOrEqualTo(changed[i - 1] & 0xFF);
            }
        }
        assertThat(apply(values, 2, 1, 1, new Augmentation.BrightnessContrast(0, 0)))
                .isEqualTo(values);
    }

    @Test
    void leavesTheOriginalAloneAndRepeatsFromItsSeed() {
        byte[] before = NINE.clone();
        List<Augmentation> all = List.of(
                new Augmentation.HorizontalFlip(0.5),
                new Augmentation.QuarterTurns(),
                new Augmentation.Rotation(30),
                new Augmentation.RandomResizedCrop(0.5, 1, 0.75),
                new Augmentation.BrightnessContrast(0.2, 0.2));
        byte[] once = apply(NINE, 3, 1, 7, all.toArray(new Augmentation[0]));
        assertThat(apply(NINE, 3, 1, 7, all.toArray(new Augmentation[0]))).isEqualTo(once);
        assertThat(NINE).isEqualTo(before);
    }

    private static byte[] apply(byte[] pixels, int width, int channels, long seed, Augmentation... steps) {
        int height = pixels.length / width / channels;
        return new Augmenter(List.of(steps), Preprocessing.stretched(width, height, channels == 3 ? 3 : 1))
                .apply(pixels, new SplittableRandom(seed));
    }

    private static List<Byte> boxed(byte[] values) {
        List<Byte> list = new ArrayList<>();
        for (byte value : values) {
            list.add(value);
        }
        return list;
    }
}
