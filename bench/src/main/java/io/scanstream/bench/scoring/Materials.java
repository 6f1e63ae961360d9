package io.scanstream.bench.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.local.samples.SampleGenerator;
import io.scanstream.local.samples.SampleSet;
import io.scanstream.storage.ModelPackage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** The packages and the scans of the cases, made once and kept below a folder. */
final class Materials {
    private static final int SCANS = 48;
    private static final float QUALITY = 0.9f;

    private final Path project;
    private final Path folder;

    Materials(Path project, Path folder) {
        this.project = project;
        this.folder = folder;
    }

    /** The case's package, trained through the command line if it is not there yet. */
    ModelPackage model(Case of) throws IOException, InterruptedException {
        Path pack = folder.resolve(of.name() + "-package");
        if (Files.notExists(pack.resolve(ModelPackage.CHECKSUMS))) {
            Path recipe = Files.writeString(folder.resolve(of.name() + ".yaml"), of.recipe());
            Path log = folder.resolve(of.name() + ".train.log");
            Path fresh = Files.createTempDirectory(folder, of.name()).resolve("package");
            Process training = new ProcessBuilder(
                            project.resolve("scanstream").toString(),
                            "train",
                            "--recipe",
                            recipe.toString(),
                            "--data",
                            images(96).toString(),
                            "--out",
                            fresh.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            if (training.waitFor() != 0) {
                throw new ScanstreamException(
                        ErrorCode.INTERNAL, of.name() + " could not be trained:\n" + Files.readString(log));
            }
            Files.move(fresh, pack);
        }
        return ModelPackage.read(pack);
    }

    /** The folder with the case's scans, JPEG. */
    Path scans(Case of) throws IOException {
        Path scans = folder.resolve("scans-" + of.scanSide());
        if (Files.notExists(scans)) {
            Path fresh = Files.createTempDirectory(folder, "scans");
            try (Stream<Path> files = Files.walk(images(of.scanSide()).resolve("test"))) {
                for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                    String name = file.getFileName().toString().replace(".png", ".jpg");
                    Files.write(fresh.resolve(name), jpeg(ImageIO.read(file.toFile()), of.scanSide()));
                }
            }
            Files.move(fresh, scans);
        }
        return scans;
    }

    /** The files of {@link #scans} in memory. */
    static List<byte[]> read(Path scans) throws IOException {
        List<byte[]> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(scans)) {
            for (Path file : files.sorted().toList()) {
                all.add(Files.readAllBytes(file));
            }
        }
        return all;
    }

    private Path images(int side) {
        Path images = folder.resolve("images-" + side);
        if (Files.notExists(images)) {
            SampleGenerator.write(new SampleSet(SCANS, SCANS, Math.max(32, side), 1), images);
        }
        return images;
    }

    private static byte[] jpeg(BufferedImage drawn, int side) throws IOException {
        BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        image.getGraphics().drawImage(drawn, 0, 0, null);
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality(QUALITY);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), parameters);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
