package io.scanstream.trainer;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;

/** 16x16 images of two classes, bright and dark with noise, and a recipe that tells them apart within an epoch or two. */
public final class TinyImages {
    private static final int SIDE = 16;

    public static byte[] png(boolean bright, long seed) {
        Random random = new Random(seed);
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                int grey = (bright ? 150 : 60) + random.nextInt(60);
                image.setRGB(x, y, grey << 16 | grey << 8 | grey);
            }
        }
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ImageIO.write(image, "png", out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Class folders {@code bright/} and {@code dark/} below {@code train/} and {@code test/}, a quarter of it test. */
    public static Map<String, byte[]> folders(int imagesPerClass) {
        Map<String, byte[]> files = new TreeMap<>();
        for (int i = 0; i < imagesPerClass; i++) {
            String split = i % 4 == 3 ? "test" : "train";
            files.put("tiny/" + split + "/bright/" + i + ".png", png(true, i));
            files.put("tiny/" + split + "/dark/" + i + ".png", png(false, 1_000_000 + i));
        }
        return files;
    }

    public static byte[] zip(Map<String, byte[]> files) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue());
                zip.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    public static String recipe(int epochs) {
        return """
                name: tiny
                about: Bright or dark.
                data: {widthPx: 16, heightPx: 16}
                network:
                  layers:
                    - {type: conv, out: 4, kernel: 3, padding: 1}
                    - {type: relu}
                    - {type: adaptiveAveragePool}
                    - {type: flatten}
                    - {type: linear}
                optimizer: {type: sgd, learningRate: 0.05, momentum: 0.9}
                training: {epochs: %d, batchSize: 4}
                """.formatted(epochs);
    }

    private TinyImages() {}
}
