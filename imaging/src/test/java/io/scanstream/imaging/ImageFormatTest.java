package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ImageFormatTest {
    @ParameterizedTest
    @EnumSource(ImageFormat.class)
    void isFoundByItsFirstBytes(ImageFormat format) {
        assertThat(ImageFormat.sniff(start(format))).contains(format);
    }

    @ParameterizedTest
    @EnumSource(ImageFormat.class)
    void isRefusedByNameWhereItIsNotDecoded(ImageFormat format) {
        if (format.decodable()) {
            Decoding.refusal(ErrorCode.NOT_AN_IMAGE, start(format));
        } else {
            assertThat(Decoding.refusal(ErrorCode.UNSUPPORTED_IMAGE, start(format)))
                    .startsWith(format.label() + " is not supported");
        }
    }

    @Test
    void isDicomWhateverItsPreambleHolds() {
        byte[] bytes = start(ImageFormat.DICOM);
        bytes[0] = 'I';
        bytes[1] = 'I';
        bytes[2] = 42;

        assertThat(ImageFormat.sniff(bytes)).contains(ImageFormat.DICOM);
    }

    @Test
    void isEmptyForOtherBytes() {
        for (String text :
                new String[] {"", "B", "BM and so on, which is no bitmap", "%PDF-1.7", "GIF88a", "Pa", "hello"}) {
            assertThat(ImageFormat.sniff(text.getBytes(StandardCharsets.ISO_8859_1)))
                    .as(text)
                    .isEmpty();
        }
        assertThat(Decoding.refusal(ErrorCode.NOT_AN_IMAGE, "%PDF-1.7".getBytes(StandardCharsets.US_ASCII)))
                .contains("25 50 44 46");
        assertThat(Decoding.refusal(ErrorCode.NOT_AN_IMAGE, new byte[0])).contains("0 bytes came");
    }

    private static byte[] start(ImageFormat format) {
        String text =
                switch (format) {
                    case JPEG -> "\u00ff\u00d8\u00ff\u00e0";
                    case PNG -> "\u0089PNG\r\n\u001a\n";
                    case TIFF -> "MM\0*\0\0\0\b";
                    case BMP -> "BM------------(\0\0\0";
                    case GIF -> "GIF89a";
                    case WEBP -> "RIFF----WEBPVP8 ";
                    case AVIF -> "\0\0\0 ftypavif";
                    case HEIC -> "\0\0\0 ftypheic";
                    case JPEG_2000 -> "\0\0\0\fjP  \r\n\u0087\n";
                    case JPEG_XL -> "\u00ff\n--";
                    case DICOM -> "\0".repeat(128) + "DICM";
                    case ICO -> "\0\0\1\0\1\0";
                    case PNM -> "P5 2 2 255\n";
                    case PSD -> "8BPS\0\1";
                };
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
