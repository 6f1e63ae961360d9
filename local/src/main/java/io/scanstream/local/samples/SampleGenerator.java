package io.scanstream.local.samples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Writes a {@link SampleSet} as class folders: {@code train/<class>/<class>-0001.png} and likewise {@code test}.
 *
 * <p>The classes differ in the size, shape and order of their nuclei. Colour, brightness, density, light, blur and
 * background vary so much within each that a linear classifier on raw pixels is of little use, while a small
 * convolutional network learns the difference in minutes.
 */
public final class SampleGenerator {
    private SampleGenerator() {}

    /**
     * Writes the set below a folder, which is made if absent; files of the same names are replaced.
     *
     * @throws UncheckedIOException if the folder cannot be written
     */
    public static void write(SampleSet set, Path folder) {
        write(set, folder.resolve("train"), "train", set.trainImages());
        write(set, folder.resolve("test"), "test", set.testImages());
    }

    private static void write(SampleSet set, Path folder, String split, int images) {
        for (Tissue tissue : Tissue.values()) {
            Path classFolder = folder.resolve(tissue.label());
            createFolder(classFolder);
            // Images are independent of each other, so the order in which they are drawn does not matter.
            List<Integer> numbers = IntStream.rangeClosed(1, SampleSet.share(images, tissue))
                    .boxed()
                    .toList();
            numbers.parallelStream().forEach(number -> {
                byte[] pixels = Patch.draw(tissue, set.sizePx(), seed(set.seed(), split, tissue, number));
                writeFile(
                        classFolder.resolve("%s-%04d.png".formatted(tissue.label(), number)),
                        Png.encode(pixels, set.sizePx(), set.sizePx()));
            });
        }
    }

    /** Each image has a seed of its own, far from the others' (MurmurHash3's finaliser scatters them). */
    static long seed(long set, String split, Tissue tissue, int number) {
        long mixed = set;
        for (long part : new long[] {split.equals("train") ? 1 : 2, tissue.number() + 1, number}) {
            mixed = mixed * 0x9E3779B97F4A7C15L + part;
            mixed = (mixed ^ (mixed >>> 33)) * 0xFF51AFD7ED558CCDL;
            mixed = (mixed ^ (mixed >>> 33)) * 0xC4CEB9FE1A85EC53L;
            mixed ^= mixed >>> 33;
        }
        return mixed;
    }

    private static void createFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot make the folder " + folder + ".", e);
        }
    }

    private static void writeFile(Path file, byte[] bytes) {
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write " + file + ": is the disk full?", e);
        }
    }
}
