package io.scanstream.trainer;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.training.TrainingEvent;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/**
 * Hears that a job was cancelled, so that its trainer looks at the journal now and not only at the next renewal. Every
 * trainer hears everything; nothing depends on it.
 */
@ApplicationScoped
class CancelHints {
    private static final Logger LOG = Logger.getLogger(CancelHints.class);

    private final TrainerService service;

    CancelHints(TrainerService service) {
        this.service = service;
    }

    @Incoming("cancel-hints")
    void heard(byte[] json) {
        try {
            if (Json.read(json, TrainingEvent.class) instanceof TrainingEvent.TrainingCancelled cancelled) {
                service.hurry(cancelled.jobId());
            }
        } catch (ScanstreamException e) {
            LOG.debugf("an event that this version does not know: %s", e.getMessage());
        }
    }
}
