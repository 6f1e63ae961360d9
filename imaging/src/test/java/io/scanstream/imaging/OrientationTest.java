package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrientationTest {
    /** Stored is {@code a b c / d e f}; by TIFF 6.0, its first row is the top, bottom, left or right side of the image. */
    @ParameterizedTest
    @CsvSource({
        "1, abc/def",
        "2, cba/fed",
        "3, fed/cba",
        "4, def/abc",
        "5, ad/be/cf",
        "6, da/eb/fc",
        "7, fc/eb/da",
        "8, cf/be/ad"
    })
    void turnsUpright(int code, String expected) {
        byte[] stored = {'a', 'b', 'c', 'd', 'e', 'f'};

        Pixels upright = Orientation.upright(new Pixels(3, 2, 1, stored), code);

        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            rows.append(i > 0 && i % upright.widthPx() == 0 ? "/" : "").append((char) upright.data()[i]);
        }
        assertThat(rows).hasToString(expected);
    }
}
