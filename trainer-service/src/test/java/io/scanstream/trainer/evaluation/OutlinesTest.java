package io.scanstream.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.model.Preprocessing;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class OutlinesTest {
    /** A square of three by three that is true, and the same moved one to the right that is decided. */
    @Test
    void theTrueMaskIsBlueTheDecisionOrangeBothWhite() {
        byte[] truth = square(1);
        byte[] decided = square(2);
        byte[] grey = new byte[36];
        Arrays.fill(grey, (byte) 50);
        String expected = """
                ......
                .bwwo.
                .bobo.
                .bwwo.
                ......
                ......
                """;
        byte[] drawn = Outlines.drawn(Preprocessing.stretched(6, 6, 1), grey, truth, decided);
        assertThat(text(drawn)).isEqualTo(expected);
    }

    @Test
    void whatIsInsideKeepsItsColour() {
        byte[] all = new byte[36];
        Arrays.fill(all, (byte) 1);
        byte[] rgb = new byte[108];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) i;
        }
        assertThat(Outlines.drawn(Preprocessing.stretched(6, 6, 3), rgb, all, new byte[36]))
                .isEqualTo(rgb);
    }

    private static byte[] square(int left) {
        byte[] mask = new byte[36];
        for (int y = 1; y < 4; y++) {
            Arrays.fill(mask, y * 6 + left, y * 6 + left + 3, (byte) 1);
        }
        return mask;
    }

    private static String text(byte[] rgb) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rgb.length; i += 3) {
            text.append(
                    switch (rgb[i] & 0xff) {
                        case 0 -> 'b';
                        case 0xe6 -> 'o';
                        case 0xff -> 'w';
                        default -> '.';
                    });
            if (i / 3 % 6 == 5) {
                text.append('\n');
            }
        }
        return text.toString();
    }
}
