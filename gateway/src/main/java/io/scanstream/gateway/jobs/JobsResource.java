package io.scanstream.gateway.jobs;

import io.scanstream.contracts.job.JobId;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Any job, ingest or training, by its id. */
@Path("/api/v1/jobs")
@Tag(name = "jobs", description = "Events of ingest and training jobs")
@Blocking
class JobsResource {
    private final JobEventStreams streams;

    JobsResource(JobEventStreams streams) {
        this.streams = streams;
    }

    @GET
    @Path("/{id}/events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Operation(
            summary = "A job's events",
            description =
                    "Server-sent events: first what is known, then live, up to the last one. The event's name is its"
                            + " type, its data the JSON of the message. After a broken connection, Last-Event-ID goes on"
                            + " after that epoch.")
    public Multi<OutboundSseEvent> events(
            String id, @HeaderParam("Last-Event-ID") @Nullable String lastEventId, @Context Sse sse) {
        return streams.stream(JobId.of(id), lastEventId, sse);
    }
}
