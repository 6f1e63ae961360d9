package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a scan is also looked at as when it is scored. */
public enum TestTimeAugmentation {
    /** Left and right changed over. */
    @JsonProperty("horizontalFlip")
    HORIZONTAL_FLIP,
    /** Top and bottom changed over. */
    @JsonProperty("verticalFlip")
    VERTICAL_FLIP,
    /** Turned by 90, 180 and 270 degrees; the image must be square. */
    @JsonProperty("quarterTurns")
    QUARTER_TURNS
}
