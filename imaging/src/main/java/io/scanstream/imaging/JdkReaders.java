package io.scanstream.imaging;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

/**
 * The JDK's own image readers. They are asked for by class, not by format name, because which reader a name finds depends
 * on the class path and the class loader of the day.
 */
final class JdkReaders {
    static {
        // The raster classes load the native AWT library, which looks for a display unless it is told not to.
        if (System.getProperty("java.awt.headless") == null) {
            System.setProperty("java.awt.headless", "true");
        }
    }

    static final ImageReaderSpi JPEG = find("com.sun.imageio.plugins.jpeg.JPEGImageReaderSpi");
    static final ImageReaderSpi PNG = find("com.sun.imageio.plugins.png.PNGImageReaderSpi");
    static final ImageReaderSpi GIF = find("com.sun.imageio.plugins.gif.GIFImageReaderSpi");
    static final ImageReaderSpi TIFF = find("com.sun.imageio.plugins.tiff.TIFFImageReaderSpi");

    private JdkReaders() {}

    /**
     * Loads the native libraries now, so that a runtime without them says so at the start and not at the first scan.
     *
     * @throws ScanstreamException {@link ErrorCode#INTERNAL}
     */
    static void load() {
        try {
            JPEG.createReaderInstance().dispose();
            Rasters.over(new byte[3], 1, 1, 3);
        } catch (IOException | LinkageError e) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "This Java runtime cannot load its imaging libraries (" + e
                            + "): use one with the java.desktop module.",
                    e);
        }
    }

    private static ImageReaderSpi find(String className) {
        Iterator<ImageReaderSpi> all =
                IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, false);
        while (all.hasNext()) {
            ImageReaderSpi provider = all.next();
            if (provider.getClass().getName().equals(className)) {
                return provider;
            }
        }
        throw new ScanstreamException(
                ErrorCode.INTERNAL,
                "This Java runtime lacks " + className
                        + ": imaging needs the java.desktop module of a full JDK or JRE.");
    }
}
