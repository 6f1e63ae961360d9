package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real files, cut: what a broken upload leaves must never be trained on or scored. */
class TruncatedScansTest {
    private static final int CUTS = 150;

    @ParameterizedTest
    @CsvSource({
        "isic-melanoma-nevus, .jpg",
        "iq-othnccd-lung-ct, .jpg",
        "lc25000-lung, .jpeg",
        "glands-128, .png",
        "patches-tif-csv, .tif"
    })
    void areRefusedWhereverTheyAreCut(String set, String nameEnd) {
        for (Path file : SharedData.files(SharedData.folder(set), nameEnd, 4)) {
            byte[] whole = SharedData.read(file);
            Decoding.decode(whole);
            for (int i = 1; i < CUTS; i++) {
                int length = (int) ((long) whole.length * i / CUTS);
                assertThat(Decoding.refusal(ErrorCode.NOT_AN_IMAGE, Arrays.copyOf(whole, length)))
                        .as("%s cut at %d of %d", file, length, whole.length)
                        .isNotBlank();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"isic-melanoma-nevus, .jpg", "iq-othnccd-lung-ct, .jpg", "lc25000-lung, .jpeg"})
    void areRefusedWhereAnEndMarkerHidesTheCut(String set, String nameEnd) {
        for (Path file : SharedData.files(SharedData.folder(set), nameEnd, 4)) {
            byte[] whole = SharedData.read(file);
            for (int i = 1; i < CUTS; i++) {
                int length = (int) ((long) whole.length * i / CUTS);
                byte[] closed = Arrays.copyOf(whole, length + 2);
                closed[length] = (byte) 0xff;
                closed[length + 1] = (byte) 0xd9;
                assertThat(Decoding.refusal(ErrorCode.NOT_AN_IMAGE, closed))
                        .as("%s cut at %d of %d", file, length, whole.length)
                        .isNotBlank();
            }
        }
    }
}
