package io.scanstream.contracts.model;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a model answers. */
public enum Task {
    /** One class for a scan. */
    @JsonProperty("classification")
    CLASSIFICATION,
    /** One class for each pixel of a scan. */
    @JsonProperty("segmentation")
    SEGMENTATION
}
