package io.scanstream.gateway.subjects;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.ExclusionRequest;
import io.scanstream.contracts.api.ExclusionView;
import io.scanstream.contracts.consent.ExclusionPlan;
import io.scanstream.contracts.job.JobId;
import io.scanstream.gateway.problems.RequestRefused;
import io.scanstream.gateway.requests.Actor;
import io.scanstream.storage.Exclusions;
import io.scanstream.storage.SubjectScans;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Takes exclusions in: the plan first, then the work, which housekeeping takes up where it was left. */
public final class ExclusionDesk {
    private static final Logger LOG = Logger.getLogger(ExclusionDesk.class);
    private static final int LONGEST_SUBJECT = 200;

    private final Exclusions exclusions;
    private final SubjectScans scans;
    private final ExclusionWork work;

    public ExclusionDesk(Exclusions exclusions, SubjectScans scans, ExclusionWork work) {
        this.exclusions = exclusions;
        this.scans = scans;
        this.work = work;
    }

    /**
     * Excludes a subject. What can be done at once is done before this returns; one that is under way for the same subject is
     * the answer.
     *
     * @throws RequestRefused with each mistake in the request
     * @throws ScanstreamException {@code UNKNOWN_SUBJECT} if nothing of the subject is known
     */
    ExclusionView exclude(ExclusionRequest request) {
        String subject = subject(request);
        String actor = Actor.of(request.actor(), request.reason());
        String digest = scans.digest(subject);
        Optional<ExclusionPlan> running = exclusions.underWay().stream()
                .filter(plan -> plan.subjectDigest().equals(digest))
                .findFirst();
        ExclusionPlan plan = running.orElseGet(() -> new ExclusionPlan(
                JobId.next(),
                subject,
                digest,
                Boolean.TRUE.equals(request.retrain()),
                actor,
                request.reason() == null ? "" : request.reason(),
                Instant.now()));
        if (running.isEmpty()) {
            work.requireKnown(plan);
            exclusions.plan(plan);
        }
        advance(plan);
        return get(plan.id());
    }

    /** Goes on with every exclusion that is not done. */
    public void advanceAll() {
        exclusions.underWay().forEach(this::advance);
    }

    private void advance(ExclusionPlan plan) {
        try {
            if (work.advance(plan)) {
                LOG.infof("exclusion %s is done", plan.id());
            }
        } catch (ScanstreamException e) {
            // The plan stands: housekeeping tries again.
            LOG.warnf("exclusion %s is not done yet (%s)", plan.id(), e.code());
        }
    }

    /**
     * An exclusion as it stands.
     *
     * @throws ScanstreamException {@code UNKNOWN_SUBJECT} if there is none with the id
     */
    ExclusionView get(JobId id) {
        ExclusionView view = new ExclusionView(
                id,
                exclusions.plan(id).isPresent() ? ExclusionView.Status.EXCLUDING : ExclusionView.Status.DONE,
                exclusions.before(id).orElse(null),
                exclusions.after(id).orElse(null));
        if (view.status() == ExclusionView.Status.DONE && view.after() == null) {
            throw new ScanstreamException(ErrorCode.UNKNOWN_SUBJECT, "There is no exclusion " + id + ".");
        }
        return view;
    }

    /** Every exclusion, newest first. */
    List<ExclusionView> list() {
        return exclusions.list().stream().map(this::get).toList();
    }

    private static String subject(ExclusionRequest request) {
        @Nullable String subject = request.subject();
        if (subject == null || subject.isBlank() || subject.length() > LONGEST_SUBJECT) {
            throw RequestRefused.invalid("subject: expected the id that manifests know the subject by, of at most "
                    + LONGEST_SUBJECT + " letters.");
        }
        return subject;
    }
}
