package io.scanstream.trainer.data;

import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.imaging.Image;
import io.scanstream.imaging.Preprocessor;
import java.util.List;

/** From decoded masks to class indices at the size of a network's input, resized as the images are but to the nearest. */
public final class MaskReader {
    private final Preprocessor preprocessor;
    private final byte[] classOfValue = new byte[256];

    /**
     * Reads the masks of one data set.
     *
     * @param recipe says by what other names its classes go
     * @param classes in the order of the indices
     * @param images how their images are brought to the network's size
     */
    public MaskReader(Recipe recipe, Manifest manifest, List<String> classes, Preprocessing images) {
        this.preprocessor = new Preprocessor(new Preprocessing(
                images.widthPx(),
                images.heightPx(),
                1,
                images.resize(),
                Preprocessing.Interpolation.NEAREST,
                images.sixteenBit()));
        for (int i = 0; i < manifest.maskValues().size(); i++) {
            String named = recipe.data().classOf(manifest.classes().get(i));
            classOfValue[manifest.maskValues().get(i)] = (byte) classes.indexOf(named);
        }
    }

    /**
     * The class of every pixel.
     *
     * @param mask grey; its values are the data set's
     * @return uint8 {@code [height, width]}
     */
    public byte[] classIndices(Image mask) {
        byte[] indices = preprocessor.apply(mask);
        for (int i = 0; i < indices.length; i++) {
            indices[i] = classOfValue[indices[i] & 0xff];
        }
        return indices;
    }
}
