package io.scanstream.imaging;

import io.scanstream.contracts.ErrorCode;
import java.io.IOException;

/** One file format. Stateless; used by many threads at once. */
interface Codec {
    /**
     * Decodes the first image of a file.
     *
     * @throws IOException where the library finds the data broken; the caller turns it into {@link ErrorCode#NOT_AN_IMAGE}
     */
    Decoded decode(byte[] bytes, DecodeLimits limits) throws IOException;
}
