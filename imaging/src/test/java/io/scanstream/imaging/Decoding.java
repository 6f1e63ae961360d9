package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;

/** What most tests do with bytes: decode them with the default limits, or see them refused. */
final class Decoding {
    private static final ImageDecoder DECODER = new ImageDecoder(DecodeLimits.defaults());

    private Decoding() {}

    static Image decode(byte[] bytes) {
        return DECODER.decode(bytes);
    }

    /** Asserts the refusal and answers its message. */
    static String refusal(ErrorCode code, byte[] bytes) {
        return refusal(code, bytes, DECODER);
    }

    static String refusal(ErrorCode code, byte[] bytes, ImageDecoder decoder) {
        ScanstreamException refused = catchThrowableOfType(ScanstreamException.class, () -> decoder.decode(bytes));
        assertThat(refused).as("expected %s, but it was decoded", code).isNotNull();
        assertThat(refused.code()).as(refused.getMessage()).isEqualTo(code);
        return String.valueOf(refused.getMessage());
    }

    static void assertPixels(Image image, int width, int height, int channels, byte[] expected) {
        assertThat(image).hasToString(image.format() + " " + width + "x" + height + "x" + channels);
        assertThat(image.pixels()).isEqualTo(expected);
    }
}
