package io.scanstream.trainer.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.Task;
import io.scanstream.imaging.PngWriter;
import io.scanstream.trainer.RealData;
import io.scanstream.trainer.TinyImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How data sets lie besides class folders, drawn ones and, where they are at hand, real ones. */
class LayoutsTest {
    @TempDir
    Path root;

    private long next;

    private void image(String path) throws IOException {
        write(path, TinyImages.png(next % 2 == 0, next++));
    }

    private void mask(String path, int... values) throws IOException {
        byte[] pixels = new byte[256];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) values[i * values.length / pixels.length];
        }
        write(path, PngWriter.encode(pixels, 16, 16, 1));
    }

    private void write(String path, byte[] bytes) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
    }

    private void write(String path, String text) throws IOException {
        write(path, text.getBytes(StandardCharsets.UTF_8));
    }

    private Manifest read() throws IOException {
        return FolderIngest.read(root, new DatasetVersion("d", 1), (files, rejected) -> {});
    }

    private static Manifest.Entry entry(Manifest manifest, String path) {
        return manifest.entries().stream()
                .filter(entry -> entry.path().equals(path))
                .findFirst()
                .orElseThrow();
    }

    private static Map<Split, Long> counts(Manifest manifest) {
        return manifest.entries().stream()
                .filter(entry -> entry.duplicateOf() == null)
                .collect(Collectors.groupingBy(Manifest.Entry::split, Collectors.counting()));
    }

    @Test
    void readsALabelTableWithItsFurtherColumnsAndKeepsTheUnlabelledTestFolder() throws IOException {
        StringBuilder csv = new StringBuilder("\uFEFFid,label,patient_id,site\r\n");
        for (int i = 0; i < 30; i++) {
            image("train/x" + i + ".png");
            csv.append("x" + i + "," + i % 2 + ",p" + i / 3 + ",\"neck, left\"\r\n");
        }
        csv.append("gone,1,p1,neck\r\n");
        image("train/extra.png");
        image("test/t1.png");
        image("test/t2.png");
        write("train_labels.csv", csv.toString());
        write("sample_submission.csv", "id,label\nt1,0\nt2,0\n");

        Manifest manifest = read();

        assertThat(manifest.classes()).containsExactly("0", "1");
        assertThat(manifest.of(Split.UNLABELLED))
                .extracting(Manifest.Entry::path)
                .containsExactly("test/t1.png", "test/t2.png");
        assertThat(manifest.of(Split.UNLABELLED))
                .allSatisfy(entry -> assertThat(entry.label()).isNull());
        assertThat(manifest.of(Split.TEST)).isNotEmpty();
        Manifest.Entry first = entry(manifest, "train/x4.png");
        assertThat(first.label()).isEqualTo("0");
        assertThat(first.subject()).isEqualTo("p1");
        assertThat(first.columns()).containsExactly(Map.entry("site", "neck, left"));
        assertThat(manifest.rejected())
                .extracting(Manifest.Rejected::path)
                .containsExactly("sample_submission.csv", "train/extra.png", "train_labels.csv, row 32");
        Map<String, Long> sides = manifest.entries().stream()
                .filter(entry -> entry.subject() != null)
                .collect(Collectors.groupingBy(
                        Manifest.Entry::subject,
                        Collectors.mapping(
                                Manifest.Entry::split,
                                Collectors.collectingAndThen(Collectors.toSet(), set -> (long) set.size()))));
        assertThat(sides).hasSize(10).allSatisfy((subject, count) -> assertThat(count)
                .isEqualTo(1));
    }

    @Test
    void takesTheSplitFromTheTablesColumn() throws IOException {
        StringBuilder csv = new StringBuilder("path;class;split\n");
        for (int i = 0; i < 9; i++) {
            image("scans/" + i + ".png");
            csv.append("scans/" + i + ".png;" + (i % 2 == 0 ? "benign" : "cancer") + ";"
                    + (i < 5 ? "train" : i < 7 ? "val" : "test") + "\n");
        }
        write("index.csv", csv.toString());
        assertThat(counts(read())).isEqualTo(Map.of(Split.TRAIN, 5L, Split.VALIDATION, 2L, Split.TEST, 2L));
    }

    @Test
    void aTableThatNamesEveryImageOutweighsTheFoldersThatTheyLieIn() throws IOException {
        StringBuilder csv = new StringBuilder("image_id,dx,lesion_id\n");
        for (int i = 0; i < 12; i++) {
            image("part_" + i % 3 + "/" + i + ".png");
            csv.append(i + "," + (i % 2 == 0 ? "nv" : "mel") + ",l" + i + "\n");
        }
        write("metadata.csv", csv.toString());
        assertThat(read().classes()).containsExactly("mel", "nv");
    }

    @Test
    void refusesWhatCanBeReadInTwoWays() throws IOException {
        for (int i = 0; i < 4; i++) {
            image("a/" + i + ".png");
            image("b/" + i + "x.png");
        }
        write("labels.csv", "id,label\n0,cancer\n1,benign\n");
        assertThatThrownBy(this::read)
                .hasMessageContaining("two ways")
                .hasMessageContaining("class folders")
                .hasMessageContaining("CSV");
    }

    @Test
    void pairsImagesWithMasksInFoldersOfTheirOwn() throws IOException {
        for (int i = 0; i < 3; i++) {
            image("set/train/images/" + i + ".png");
            mask("set/train/masks/" + i + "_segmentation.png", 0, 255);
        }
        image("set/test/images/0.png");
        mask("set/test/masks/0_segmentation.png", 255, 0, 255);
        image("set/train/images/alone.png");
        mask("set/train/masks/lonely.png", 0);
        Manifest manifest = read();

        assertThat(manifest.task()).isEqualTo(Task.SEGMENTATION);
        assertThat(manifest.classes()).containsExactly("background", "foreground");
        assertThat(manifest.maskValues()).containsExactly(0, 255);
        assertThat(counts(manifest)).isEqualTo(Map.of(Split.TRAIN, 3L, Split.TEST, 1L));
        assertThat(entry(manifest, "set/train/images/2.png").mask())
                .extracting(Manifest.Mask::path)
                .isEqualTo("set/train/masks/2_segmentation.png");
        assertThat(manifest.rejected())
                .extracting(Manifest.Rejected::path)
                .containsExactly("set/train/images/alone.png", "set/train/masks/lonely.png");
    }

    @Test
    void pairsImagesWithMasksBesideThemAndNamesTheirValues() throws IOException {
        for (int i = 0; i < 20; i++) {
            image(i + ".png");
            mask(i + "_mask.png", 0, 1, i % 2 == 0 ? 2 : 1);
        }
        write("classes.csv", "value,name\n0,outside\n1,gland\n");
        Manifest manifest = read();
        assertThat(manifest.classes()).containsExactly("outside", "gland", "2");
        assertThat(manifest.of(Split.TEST)).isNotEmpty();
        assertThat(manifest.of(Split.TRAIN)).isNotEmpty();
    }

    @Test
    void refusesMasksOfAnotherSizeOrInColour() throws IOException {
        for (int i = 0; i < 4; i++) {
            image("images/" + i + ".png");
            mask("masks/" + i + ".png", 0, 9);
        }
        image("images/large.png");
        write("masks/large.png", PngWriter.encode(new byte[400], 20, 20, 1));
        image("images/colour.png");
        byte[] colour = new byte[256 * 3];
        colour[5] = 7;
        write("masks/colour.png", PngWriter.encode(colour, 16, 16, 3));
        assertThat(read().rejected())
                .extracting(Manifest.Rejected::reason)
                .satisfiesExactlyInAnyOrder(
                        reason -> assertThat(reason).contains("20x20", "16x16"),
                        reason -> assertThat(reason).contains("in colour"));
    }

    @Test
    void readsIdxPlainAndGzip() throws IOException {
        write("train-images-idx3-ubyte", idxImages(20));
        write("train-labels-idx1-ubyte", idxLabels(20));
        write("t10k-images-idx3-ubyte.gz", gzip(idxImages(7)));
        write("t10k-labels-idx1-ubyte.gz", gzip(idxLabels(7)));
        write("more/train-labels-idx1-ubyte", idxLabels(3));
        FolderIngest.LocalDataset local = FolderIngest.open(root, new DatasetVersion("d", 1), (files, rejected) -> {});
        Manifest manifest = local.manifest();

        assertThat(manifest.classes()).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10");
        assertThat(manifest.entries().stream().filter(entry -> entry.split() == Split.TRAIN))
                .hasSize(20);
        assertThat(manifest.of(Split.TEST)).hasSize(7);
        Manifest.Entry third = entry(manifest, "t10k-images-idx3-ubyte.gz/000003.png");
        assertThat(third.label()).isEqualTo("3");
        assertThat(local.bytes().read(third.path(), third.sha256())).startsWith(0x89, 'P', 'N', 'G');
        assertThat(manifest.rejected()).singleElement().satisfies(rejected -> {
            assertThat(rejected.path()).isEqualTo("more/train-labels-idx1-ubyte");
            assertThat(rejected.reason()).contains("no images");
        });
    }

    @Test
    void readsNpzWithAnUnlabelledPart() throws IOException {
        write(
                "set.npz",
                npz(Map.of(
                        "train_images", npy("|u1", "(6, 4, 4, 3)", ramp(6 * 48)),
                        "train_labels", npy("<i8", "(6, 1)", longs(0, 1, 0, 1, 1, 0)),
                        "val_images", npy("|u1", "(2, 4, 4, 3)", ramp(96, 7)),
                        "val_labels", npy("|u1", "(2,)", new byte[] {1, 0}),
                        "test_images", npy("|u1", "(3, 4, 4, 3)", ramp(144, 13)))));
        Manifest manifest = read();
        assertThat(manifest.classes()).containsExactly("0", "1");
        assertThat(manifest.of(Split.UNLABELLED)).hasSize(3);
        assertThat(manifest.of(Split.VALIDATION))
                .extracting(Manifest.Entry::label)
                .containsExactly("1", "0");
    }

    @Test
    void listsArraysThatItDoesNotUnderstand() throws IOException {
        for (int i = 0; i < 4; i++) {
            image("a/" + i + ".png");
            image("b/" + i + ".png");
        }
        write("objects.npy", npy("|O", "(3,)", new byte[24]));
        write("fortran.npy", npy("|u1", "(3,)", new byte[3], "True"));
        write("short.npy", npy("|u1", "(999999999, 28, 28)", new byte[3]));
        write("floats.npy", npy("<f4", "(2, 3, 3)", new byte[72]));
        write("bad.npz", new byte[] {'P', 'K', 3, 4, 1});
        write("x-idx3-ubyte", new byte[] {0, 0, 8, 3, 127, 0, 0, 0, 127, 0, 0, 0, 127, 0, 0, 0, 5});
        Manifest manifest = read();
        assertThat(manifest.rejected())
                .extracting(Manifest.Rejected::path)
                .containsExactly("bad.npz", "floats.npy", "fortran.npy", "objects.npy", "short.npy", "x-idx3-ubyte");
        assertThat(manifest.rejected().get(3).reason()).contains("whole numbers");
        assertThat(manifest.rejected().get(4).reason()).contains("999999999");
    }

    @Test
    void namesAllLayoutsWhereNoneFits() throws IOException {
        image("a.png");
        image("b.png");
        assertThatThrownBy(this::read)
                .hasMessageContaining("class folders")
                .hasMessageContaining("CSV")
                .hasMessageContaining("masks")
                .hasMessageContaining("npz");
    }

    @Test
    void readsTheRealSets() throws IOException {
        Manifest glands = real("glands-128");
        assertThat(counts(glands)).isEqualTo(Map.of(Split.TRAIN, 85L, Split.TEST, 80L));
        assertThat(glands.maskValues()).containsExactly(0, 255);
        assertThat(counts(real("isic2018-lesion-seg"))).isEqualTo(Map.of(Split.TRAIN, 300L, Split.TEST, 100L));
        Manifest nuclei = real("dsb2018-nuclei");
        assertThat(counts(nuclei)).isEqualTo(Map.of(Split.TRAIN, 120L, Split.TEST, 40L));
        Manifest patches = real("patches-tif-csv");
        assertThat(patches.of(Split.UNLABELLED)).hasSize(120);
        assertThat(patches.of(Split.TRAIN).size() + patches.of(Split.TEST).size())
                .isEqualTo(480);
        Manifest pneumonia = real("medmnist-pneumonia");
        assertThat(pneumonia.entries()).hasSize(3882 + 524 + 624);
        assertThat(pneumonia.classes()).containsExactly("0", "1");
    }

    @Test
    void readsRealDigits() throws IOException {
        Manifest digits = real("mnist");
        assertThat(digits.entries()).hasSize(70_000);
        assertThat(digits.of(Split.TEST)).hasSize(10_000);
        assertThat(digits.entries().stream().filter(entry -> entry.split() == Split.TRAIN && "0".equals(entry.label())))
                .hasSize(5923);
    }

    @Test
    void saysWhatIsWrongWithAFolderOfDicomFiles() {
        Path dicom = RealData.require("dicom");

        assertThatThrownBy(() -> read(dicom)).hasMessageContaining("no class").hasMessageContaining("DICOM");
    }

    private static Manifest real(String name) throws IOException {
        return read(RealData.require(name));
    }

    private static Manifest read(Path folder) throws IOException {
        return FolderIngest.read(folder, new DatasetVersion("real", 1), (files, rejected) -> {});
    }

    private static byte[] idxImages(int count) {
        ByteBuffer idx = ByteBuffer.allocate(16 + count * 12).putInt(0x803).putInt(count);
        idx.putInt(3).putInt(4);
        while (idx.hasRemaining()) {
            idx.put((byte) (idx.position() * 31 + count));
        }
        return idx.array();
    }

    private static byte[] idxLabels(int count) {
        ByteBuffer idx = ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count);
        for (int i = 0; i < count; i++) {
            idx.put((byte) (i % 11));
        }
        return idx.array();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] npy(String type, String shape, byte[] data) {
        return npy(type, shape, data, "False");
    }

    private static byte[] npy(String type, String shape, byte[] data, String fortran) {
        String header = "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
        ByteBuffer npy =
                ByteBuffer.allocate(10 + header.length() + data.length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        npy.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) header.length());
        return npy.put(header.getBytes(StandardCharsets.ISO_8859_1)).put(data).array();
    }

    private static byte[] npz(Map<String, byte[]> arrays) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, byte[]> array : arrays.entrySet()) {
                zip.putNextEntry(new ZipEntry(array.getKey() + ".npy"));
                zip.write(array.getValue());
            }
        }
        return out.toByteArray();
    }

    private static byte[] ramp(int size) {
        return ramp(size, 1);
    }

    private static byte[] ramp(int size, int step) {
        byte[] ramp = new byte[size];
        for (int i = 0; i < size; i++) {
            ramp[i] = (byte) (i * step + i / 48 * 5);
        }
        return ramp;
    }

    private static byte[] longs(long... values) {
        ByteBuffer buffer = ByteBuffer.allocate(8 * values.length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            buffer.putLong(value);
        }
        return buffer.array();
    }
}
