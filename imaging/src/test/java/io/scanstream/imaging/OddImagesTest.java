package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Scanner;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every odd and corrupt file of Pillow's collection, by name: what it is decoded to, or how it is refused. */
class OddImagesTest {
    private static final long FRUGAL_BYTES = 64_000_000;

    /** Name, then {@code size | start of the first warning} or {@code code | part of the message}. */
    private static final String EXPECTED = """
            truncated_jpeg.jpg                 NOT_AN_IMAGE | truncated
            ultrahdr.jpg                       NOT_AN_IMAGE | truncated
            truncated_image.png                NOT_AN_IMAGE | truncated
            truncated_end_chunk.png            NOT_AN_IMAGE | truncated
            broken.png                         NOT_AN_IMAGE | PNG damaged
            broken_data_stream.png             NOT_AN_IMAGE | checksum of chunk IDAT
            unknown_compression_method.png     NOT_AN_IMAGE | PNG damaged
            hopper_idat_after_image_end.png    PNG 128x128x3 |
            png_decompression_dos.png          PNG 1x1x1 | The image is only 1x1 pixels.
            decompression_bomb.gif             TOO_LARGE | pixels declared
            decompression_bomb.ico             UNSUPPORTED_IMAGE | ICO
            decompression_bomb_extents.gif     GIF 100x100x3 | Animated GIF
            badwidth.bmp                       NOT_AN_IMAGE | size -127x64
            badrle.bmp                         UNSUPPORTED_IMAGE | compression 1
            pil_sample_cmyk.jpg                JPEG 100x100x3 |
            hopper_orientation_6.jpg           JPEG 128x128x3 |
            orientation_rectangle.jpg          JPEG 1x2x3 | The image is only 1x2 pixels.
            xmp_tags_orientation.png           PNG 326x268x3 |
            invalid-exif.jpg                   JPEG 200x200x3 | Malformed EXIF was ignored
            junk_jpeg_header.jpg               JPEG 1024x768x3 | 5 stray bytes
            hopper_gray.jpg                    JPEG 128x128x1 |
            mode_16bit.png                     PNG 128x64x3 | Animated PNG
            hopper_16bit.pgm                   UNSUPPORTED_IMAGE | PNM
            12bit.cropped.tif                  TIFF 100x100x1 |
            16bit.MM.cropped.tif               TIFF 64x64x1 |
            16bit.cropped.tif                  TIFF 64x64x1 |
            10ct_32bit_128.tiff                UNSUPPORTED_IMAGE | floating point of 32 bits
            tiff_strip_cmyk_jpeg.tif           TIFF 100x100x3 |
            hopper_lzw.tif                     TIFF 128x128x3 |
            hopper_bigtiff.tif                 TIFF 128x128x3 |
            multipage.tiff                     TIFF 10x10x3 | TIFF with 3 pages
            multipage_single_frame_loop.tiff   TIFF 10x10x3 |
            total-pages-zero.tif               TIFF 1728x2156x1 | TIFF with 3 pages
            oom-225817ca0f8c663be7ab4b9e717b02c661e66834.tif  NOT_AN_IMAGE | TIFF damaged
            seek_too_large.tif                 NOT_AN_IMAGE | TIFF damaged
            g4_orientation_5.tif               TIFF 590x88x1 |
            hopper_bw_500.png                  PNG 500x500x1 |
            transparent.png                    PNG 200x150x3 |
            p_trns_single.png                  PNG 64x64x3 |
            tRNS_null_1x1.png                  PNG 1x1x1 | The image is only 1x1 pixels.
            iss634.gif                         GIF 245x245x3 | Animated GIF
            hopper.webp                        UNSUPPORTED_IMAGE | WebP
            hopper.avif                        UNSUPPORTED_IMAGE | AVIF
            zero_width.gif                     NOT_AN_IMAGE | size 0x
            negative_size.ppm                  NOT_AN_IMAGE | which is none of them
            test-ole-file.doc                  NOT_AN_IMAGE | which is none of them
            jpeg-bytes-named.png               JPEG 128x128x1 |
            empty.jpg                          NOT_AN_IMAGE | 0 bytes
            """;

    @TestFactory
    Stream<DynamicTest> everyFile() {
        Path folder = SharedData.folder("odd-images");
        return expected().entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(
                        entry.getKey(),
                        () -> check(SharedData.read(folder.resolve(entry.getKey())), entry.getValue())));
    }

    @Test
    void namesEveryFileOfTheFolderAndOfItsIndex() throws IOException {
        Path folder = SharedData.folder("odd-images");
        TreeSet<String> present = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .filter(name -> !name.endsWith(".md") && !name.startsWith("LICENSE"))
                    .forEach(present::add);
        }
        TreeSet<String> indexed = new TreeSet<>();
        try (Scanner index = new Scanner(folder.resolve("INDEX.md"), StandardCharsets.UTF_8)) {
            while (index.hasNextLine()) {
                String line = index.nextLine();
                if (line.startsWith("| ") && !line.startsWith("| file ")) {
                    indexed.add(line.substring(2, line.indexOf(" |")));
                }
            }
        }
        // A folder with an image's name: there are no bytes to decode.
        assertThat(indexed.remove("directory.jpg/")).isTrue();

        assertThat(expected().keySet()).containsExactlyInAnyOrderElementsOf(present);
        assertThat(expected().keySet()).containsExactlyInAnyOrderElementsOf(indexed);
    }

    @Test
    void readsBothByteOrdersAlike() {
        Path folder = SharedData.folder("odd-images");
        Image intel = Decoding.decode(SharedData.read(folder.resolve("16bit.cropped.tif")));
        Image motorola = Decoding.decode(SharedData.read(folder.resolve("16bit.MM.cropped.tif")));

        assertThat(motorola.pixels()).isEqualTo(intel.pixels());
    }

    private static void check(byte[] bytes, String expectation) {
        String what = expectation.substring(0, expectation.indexOf('|')).trim();
        String text = expectation.substring(expectation.indexOf('|') + 1).trim();
        long allocated = AllocatedBytes.during(() -> {
            if (what.contains(" ")) {
                Image image = Decoding.decode(bytes);
                assertThat(image).hasToString(what);
                assertThat(String.join(" ", image.warnings())).startsWith(text);
                assertThat(image.warnings().isEmpty()).isEqualTo(text.isEmpty());
            } else {
                assertThat(Decoding.refusal(ErrorCode.valueOf(what), bytes)).contains(text);
            }
        });
        assertThat(allocated).isLessThan(FRUGAL_BYTES);
    }

    private static Map<String, String> expected() {
        Map<String, String> table = new LinkedHashMap<>();
        EXPECTED.lines().forEach(line -> {
            int space = line.indexOf(' ');
            table.put(line.substring(0, space), line.substring(space).trim());
        });
        return table;
    }
}
