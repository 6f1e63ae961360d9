package io.scanstream.contracts.dataset;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.scanstream.contracts.job.JobId;
import org.jspecify.annotations.Nullable;

/** What makes the next version of a data set out of one that is there, which stays as it is. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Amendment.ScanAdded.class, name = "ScanAdded"),
    @JsonSubTypes.Type(value = Amendment.ScanRemoved.class, name = "ScanRemoved"),
    @JsonSubTypes.Type(value = Amendment.SubjectExcluded.class, name = "SubjectExcluded")
})
public sealed interface Amendment {
    /** The version that the next one is made of. */
    DatasetVersion base();

    /**
     * One labelled scan more; its bytes are the upload.
     *
     * @param split absent: that of its group, else by a stable hash, as for uploads without split folders
     */
    record ScanAdded(
            DatasetVersion base,
            String label,
            @Nullable Split split,
            @Nullable String subject,
            @Nullable String group) implements Amendment {}

    /**
     * One scan less, however often it is there.
     *
     * @param sha256 of its bytes, in hex
     */
    record ScanRemoved(DatasetVersion base, String sha256) implements Amendment {}

    /**
     * What is left of the base, entries of which fell to an exclusion: see {@link Tombstone}. The subject is not named.
     *
     * @param exclusion for people, and to tell a failed one from another's
     */
    record SubjectExcluded(DatasetVersion base, JobId exclusion) implements Amendment {}
}
