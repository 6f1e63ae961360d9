package io.scanstream.contracts.model;

import io.scanstream.contracts.Names;
import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.job.JobId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** One published version of a model. Versions of a model sort by the time their training was asked for. */
public record ModelVersion(String name, String version) {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    public ModelVersion {
        Names.require("model.name", name);
        Names.require("model.version", version);
    }

    /**
     * The version that a training job publishes. It derives from the job's id alone, so that publishing twice is
     * publishing once: {@code yyyyMMdd-HHmmss-} and the last 8 hex digits of the id.
     */
    public static ModelVersion of(String model, JobId job) {
        String id = job.toString();
        return new ModelVersion(
                model, STAMP.format(TimeOrderedId.timeOf(job.value())) + "-" + id.substring(id.length() - 8));
    }

    @Override
    public String toString() {
        return name + "/" + version;
    }
}
