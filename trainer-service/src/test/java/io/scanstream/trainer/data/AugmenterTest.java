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
            seen.add(boxed(apply(NINE, 3, 1, seed, new Augmentation.QuarterTurns(0.75))));
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
            seen.add(boxed(apply(NINE, 3, 1, seed, new Augmentation.RandomCrop(1, 0))));
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
        assertThat(apply(flat, 7, 3, 5, new Augmentation.Rotation(90, Augmentation.Fill.MIRROR)))
                .isEqualTo(flat);
        byte[] dot = new byte[49];
        dot[24] = (byte) 255;
        byte[] turned = apply(dot, 7, 1, 5, new Augmentation.Rotation(40, Augmentation.Fill.MIRROR));
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
                new Augmentation.QuarterTurns(0.75),
                new Augmentation.Rotation(30, Augmentation.Fill.MIRROR),
                new Augmentation.RandomResizedCrop(0.5, 1, 0.75),
                new Augmentation.BrightnessContrast(0.2, 0.2));
        byte[] once = apply(NINE, 3, 1, 7, all.toArray(new Augmentation[0]));
        assertThat(apply(NINE, 3, 1, 7, all.toArray(new Augmentation[0]))).isEqualTo(once);
        assertThat(NINE).isEqualTo(before);
    }

    /** The image is bright where the mask says 1, everywhere and after every step that moves pixels. */
    @Test
    void movesTheMaskWithTheImage() {
        int side = 64;
        byte[] image = new byte[side * side];
        byte[] mask = new byte[side * side];
        for (int i = 0; i < mask.length; i++) {
            int x = i % side;
            int y = i / side;
            boolean inside = x > 20 && x < 50 && y > 8 && y < 30;
            mask[i] = (byte) (inside ? 1 : 0);
            image[i] = (byte) (inside ? 250 : 0);
        }
        List<Augmentation> steps = List.of(
                new Augmentation.HorizontalFlip(0.5),
                new Augmentation.VerticalFlip(0.5),
                new Augmentation.QuarterTurns(0.75),
                new Augmentation.Rotation(45, Augmentation.Fill.EDGE),
                new Augmentation.Affine(10, 0.8, 1.3, 0.1, 0.1, 10, Augmentation.Fill.MIRROR),
                new Augmentation.GaussianBlur(3, 3, 0.1, 0.3, 1),
                new Augmentation.RandomResizedCrop(0.5, 1, 0.75),
                new Augmentation.RandomCrop(0, 48));
        Augmenter augmenter = new Augmenter(steps, Preprocessing.stretched(side, side, 1));
        assertThat(augmenter.widthPx()).isEqualTo(48);
        for (long seed = 0; seed < 40; seed++) {
            Augmenter.Pair pair = augmenter.apply(new Augmenter.Pair(image, mask), new SplittableRandom(seed));
            assertThat(pair.image()).hasSize(48 * 48);
            int differing = 0;
            for (int i = 0; i < pair.mask().length; i++) {
                boolean bright = (pair.image()[i] & 0xff) > 125;
                differing += bright == (pair.mask()[i] == 1) ? 0 : 1;
            }
            // Along the edge a blurred half is either.
            assertThat(differing).as("seed %d", seed).isLessThan(48 * 48 / 30);
        }
    }

    @Test
    void movesThatFollowOneAnotherAreOneResampling() {
        byte[] noise = new byte[24 * 24];
        new java.util.Random(8).nextBytes(noise);
        Warp there = Warp.affine(0.4, 1.1, 0.1, 2, 1, 24, 24, Augmentation.Fill.MIRROR);
        Warp flips = Warp.mirroredX(24, 24).then(Warp.mirroredY(24, 24)).then(Warp.quarterTurns(2, 24));
        assertThat(flips.image(noise, 24, 24, 1)).isEqualTo(noise);
        assertThat(Warp.none(24, 24).then(there)).isEqualTo(there);
        Warp turned = Warp.affine(0.3, 1, 0, 0, 0, 24, 24, Augmentation.Fill.MIRROR)
                .then(Warp.affine(-0.3, 1, 0, 0, 0, 24, 24, Augmentation.Fill.MIRROR));
        byte[] back = turned.image(noise, 24, 24, 1);
        for (int i = 0; i < noise.length; i++) {
            assertThat(back[i] & 0xff).isBetween((noise[i] & 0xff) - 1, (noise[i] & 0xff) + 1);
        }
    }

    @Test
    void fillsFromOutsideAsAsked() {
        byte[] row = {10, 20, 30, 40};
        Warp left = Warp.affine(0, 1, 0, 2, 0, 4, 1, Augmentation.Fill.BLACK);
        assertThat(left.image(row, 4, 1, 1)).containsExactly(0, 0, 10, 20);
        Warp edge = Warp.affine(0, 1, 0, 2, 0, 4, 1, Augmentation.Fill.EDGE);
        assertThat(edge.image(row, 4, 1, 1)).containsExactly(10, 10, 10, 20);
        Warp mirror = Warp.affine(0, 1, 0, 2, 0, 4, 1, Augmentation.Fill.MIRROR);
        assertThat(mirror.image(row, 4, 1, 1)).containsExactly(30, 20, 10, 20);
    }

    @Test
    void cropsASmallerPart() {
        Set<List<Byte>> seen = new HashSet<>();
        for (long seed = 0; seed < 60; seed++) {
            seen.add(boxed(apply(NINE, 3, 1, seed, new Augmentation.RandomCrop(0, 2))));
        }
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        boxed(new byte[] {1, 2, 4, 5}),
                        boxed(new byte[] {2, 3, 5, 6}),
                        boxed(new byte[] {4, 5, 7, 8}),
                        boxed(new byte[] {5, 6, 8, 9}));
    }

    @Test
    void cutsOutASquareInTheMeanColour() {
        byte[] noise = new byte[20 * 20 * 3];
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (byte) (i % 3 * 50 + i % 2);
        }
        Set<Integer> painted = new HashSet<>();
        for (long seed = 0; seed < 30; seed++) {
            byte[] changed = apply(noise, 20, 3, seed, new Augmentation.Cutout(0.25, 1, 1));
            int count = 0;
            for (int i = 0; i < noise.length; i += 3) {
                boolean same =
                        changed[i] == noise[i] && changed[i + 1] == noise[i + 1] && changed[i + 2] == noise[i + 2];
                if (!same) {
                    assertThat(changed[i]).isBetween((byte) 0, (byte) 1);
                    assertThat(changed[i + 1]).isBetween((byte) 50, (byte) 51);
                    count++;
                }
            }
            painted.add(count);
        }
        assertThat(painted).allMatch(count -> count <= 25).hasSizeGreaterThan(2);
    }

    @Test
    void shiftsEachChannelByItsOwnAmount() {
        byte[] flat = new byte[4 * 4 * 3];
        Arrays.fill(flat, (byte) 128);
        byte[] changed = apply(flat, 4, 3, 3, new Augmentation.ChannelShift(0.1));
        assertThat(boxed(new byte[] {changed[0], changed[1], changed[2]})).doesNotHaveDuplicates();
        for (int i = 0; i < changed.length; i++) {
            assertThat(changed[i]).isEqualTo(changed[i % 3]);
            assertThat(changed[i] & 0xff).isBetween(128 - 26, 128 + 26);
        }
    }

    @Test
    void jittersGreyImagesInBrightnessAndContrastOnly() {
        byte[] values = {0, 50, 100, (byte) 200};
        assertThat(apply(values, 2, 1, 3, new Augmentation.ColorJitter(0, 0, 0.9, 0.5)))
                .isEqualTo(values);
        assertThat(apply(values, 2, 1, 3, new Augmentation.ColorJitter(0.5, 0.5, 0.9, 0.5)))
                .isNotEqualTo(values);
    }

    private static byte[] apply(byte[] pixels, int width, int channels, long seed, Augmentation... steps) {
        int height = pixels.length / width / channels;
        return new Augmenter(List.of(steps), Preprocessing.stretched(width, height, channels == 3 ? 3 : 1))
                .apply(new Augmenter.Pair(pixels, null), new SplittableRandom(seed))
                .image();
    }

    private static List<Byte> boxed(byte[] values) {
        List<Byte> list = new ArrayList<>();
        for (byte value : values) {
            list.add(value);
        }
        return list;
    }
}
