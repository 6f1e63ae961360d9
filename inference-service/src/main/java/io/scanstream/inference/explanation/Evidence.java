package io.scanstream.inference.explanation;

/**
 * How raw logits speak for a class: its own, less the mean of the others'. Softmax does not see what is added to all logits, so
 * that a single logit, or its map, says nothing. Where there is one logit, it speaks for the positive class and its negative
 * for the other.
 *
 * @param index of the class
 * @param positive index of the class that a single logit speaks for
 */
record Evidence(int index, int positive) {
    /** Of an image's logits. */
    float of(float[] logits) {
        return maps(logits, logits.length)[0];
    }

    /**
     * Of maps of logits.
     *
     * @param maps {@code [logits][places]}
     * @return {@code [places]}
     */
    float[] maps(float[] maps, int logits) {
        int places = maps.length / logits;
        float[] evidence = new float[places];
        for (int place = 0; place < places; place++) {
            if (logits == 1) {
                evidence[place] = index == positive ? maps[place] : -maps[place];
                continue;
            }
            double others = 0;
            for (int k = 0; k < logits; k++) {
                others += k == index ? 0 : maps[k * places + place];
            }
            evidence[place] = (float) (maps[index * places + place] - others / (logits - 1));
        }
        return evidence;
    }
}
