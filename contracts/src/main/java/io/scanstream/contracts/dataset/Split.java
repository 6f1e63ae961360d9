package io.scanstream.contracts.dataset;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What an image is used for. */
public enum Split {
    @JsonProperty("train")
    TRAIN,
    @JsonProperty("validation")
    VALIDATION,
    @JsonProperty("test")
    TEST,
    /** Nothing is known of it; a model may be asked for its opinion, for instance to submit it somewhere. */
    @JsonProperty("unlabelled")
    UNLABELLED
}
