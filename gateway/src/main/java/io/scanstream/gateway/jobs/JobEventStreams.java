package io.scanstream.gateway.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.gateway.messaging.EventStreams;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import org.jspecify.annotations.Nullable;

/**
 * A job's events as server-sent events: the name is the event's type, the data its JSON as on {@code training.events}, the
 * id of an epoch {@code epoch-<n>}, after which a client may go on with {@code Last-Event-ID}.
 */
public final class JobEventStreams {
    private static final String EPOCH = "epoch-";
    /** A watcher that comes late gets all epochs at once. */
    private static final int ROOM = 20_000;

    private final JobBoard board;
    private final JobEvents events;

    public JobEventStreams(JobBoard board, JobEvents events) {
        this.board = board;
        this.events = events;
    }

    /**
     * Streams to the job's last event.
     *
     * @throws ScanstreamException {@code UNKNOWN_JOB}
     */
    public Multi<OutboundSseEvent> stream(JobId id, @Nullable String lastEventId, Sse sse) {
        JobState job = board.find(id)
                .orElseThrow(() -> new ScanstreamException(ErrorCode.UNKNOWN_JOB, "There is no job " + id + "."));
        int after = afterEpoch(lastEventId);
        return EventStreams.stream(sse, ROOM, sink -> events.watch(job, after, event -> put(event, sink)));
    }

    private static void put(TrainingEvent event, EventStreams.Sink sink) {
        JsonNode json = Json.mapper().valueToTree(event);
        String id = event instanceof TrainingEvent.EpochCompleted epoch ? EPOCH + epoch.epoch() : null;
        sink.event(json.path("type").asText(), json.toString(), id);
        if (event.ends()) {
            sink.end();
        }
    }

    private static int afterEpoch(@Nullable String lastEventId) {
        if (lastEventId == null || !lastEventId.matches(EPOCH + "\\d{1,6}")) {
            return 0;
        }
        return Integer.parseInt(lastEventId.substring(EPOCH.length()));
    }
}
