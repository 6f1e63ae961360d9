package io.scanstream.contracts.model;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.job.JobId;
import java.time.Instant;

/** What happens to models and their versions, on {@code model.events}. Each is a nudge: what is, stands in the object store. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = ModelEvent.ModelPublished.class, name = "ModelPublished"),
    @JsonSubTypes.Type(value = ModelEvent.ModelPromoted.class, name = "ModelPromoted"),
    @JsonSubTypes.Type(value = ModelEvent.ModelWithdrawn.class, name = "ModelWithdrawn"),
    @JsonSubTypes.Type(value = ModelEvent.ModelRefused.class, name = "ModelRefused"),
    @JsonSubTypes.Type(value = ModelEvent.ModelFlagged.class, name = "ModelFlagged"),
    @JsonSubTypes.Type(value = ModelEvent.ModelDrifted.class, name = "ModelDrifted"),
    @JsonSubTypes.Type(value = ModelEvent.TrafficChanged.class, name = "TrafficChanged")
})
public sealed interface ModelEvent {
    /** The model that it is about. */
    String name();

    /** The record's key: {@code name/version}, or the name where the model as a whole changed. */
    String key();

    Instant at();

    /** What happens to one version. */
    sealed interface OfVersion extends ModelEvent {
        ModelVersion model();

        @Override
        default String name() {
            return model().name();
        }

        @Override
        default String key() {
            return model().toString();
        }
    }

    /** The package is complete in the object store. */
    record ModelPublished(ModelVersion model, Instant at) implements OfVersion {}

    /** The alias now means this version. */
    record ModelPromoted(ModelVersion model, String alias, Instant at) implements OfVersion {}

    /** The version must not be used any more. */
    record ModelWithdrawn(ModelVersion model, String reason, Instant at) implements OfVersion {}

    /** An inference instance did not accept the version; it serves the one before. */
    record ModelRefused(ModelVersion model, String instance, ErrorCode code, String reason, Instant at)
            implements OfVersion {}

    /** The version was trained on scans of a subject who was excluded since; see {@link ExclusionNotice}. */
    record ModelFlagged(ModelVersion model, JobId exclusion, Instant at) implements OfVersion {}

    /** Other quantities of the version's answers than before are unlike those in its package, or none are any more. */
    record ModelDrifted(ModelVersion model, DriftState state, Instant at) implements OfVersion {}

    /** The model's scans are split in another way, or not any more. */
    record TrafficChanged(String name, Instant at) implements ModelEvent {
        @Override
        public String key() {
            return name;
        }
    }
}
