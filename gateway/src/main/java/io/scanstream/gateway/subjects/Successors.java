package io.scanstream.gateway.subjects;

import io.scanstream.contracts.dataset.Amendment;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.gateway.datasets.DatasetCatalogue;
import io.scanstream.gateway.datasets.DatasetIntake;
import io.scanstream.gateway.jobs.JobBoard;
import io.scanstream.storage.Datasets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Sees to it that the newest version of a data set has no scan of an excluded subject. */
public final class Successors {
    private static final int FEWEST_CLASSES = 2;

    private final Datasets datasets;
    private final DatasetCatalogue catalogue;
    private final DatasetIntake intake;
    private final JobBoard board;

    public Successors(Datasets datasets, DatasetCatalogue catalogue, DatasetIntake intake, JobBoard board) {
        this.datasets = datasets;
        this.catalogue = catalogue;
        this.intake = intake;
        this.board = board;
    }

    /**
     * The newest versions of the data sets, asked for if they are not there.
     *
     * @param held the versions that had scans of the subject
     * @param remarks takes what cannot be done
     * @return by data set; empty: some are being made, ask again
     */
    Optional<Map<String, DatasetVersion>> of(JobId exclusion, Set<DatasetVersion> held, List<String> remarks) {
        Map<String, DatasetVersion> newest = new LinkedHashMap<>();
        boolean waiting = false;
        Set<String> names = new TreeSet<>();
        held.forEach(version -> {
            names.add(version.name());
            catalogue.recount(version);
        });
        for (String name : names) {
            Optional<DatasetVersion> ready = newestReady(name);
            if (ready.isEmpty()) {
                waiting = true;
            } else if (!held.contains(ready.get())) {
                newest.put(name, ready.get());
            } else {
                Optional<String> remark = remark(exclusion, ready.get());
                remark.ifPresent(remarks::add);
                if (remark.isEmpty()) {
                    intake.exclude(new Amendment.SubjectExcluded(ready.get(), exclusion));
                    waiting = true;
                }
            }
        }
        return waiting ? Optional.empty() : Optional.of(newest);
    }

    /** The newest version that could be read; empty while a newer one is on its way. */
    private Optional<DatasetVersion> newestReady(String name) {
        List<DatasetVersion> versions = datasets.versions(name);
        for (int i = versions.size() - 1; i >= 0; i--) {
            switch (catalogue.view(versions.get(i)).state()) {
                case READY -> {
                    return Optional.of(versions.get(i));
                }
                case FAILED -> {}
                default -> {
                    return Optional.empty();
                }
            }
        }
        return Optional.empty();
    }

    /** Why there will be no version after one; empty: there can be. */
    private Optional<String> remark(JobId exclusion, DatasetVersion version) {
        Manifest left = datasets.manifest(version).orElseThrow();
        long classes = left.entries().stream()
                .map(Manifest.Entry::label)
                .filter(Objects::nonNull)
                .distinct()
                .count();
        if (left.entries().isEmpty() || (left.maskValues().isEmpty() && classes < FEWEST_CLASSES)) {
            return Optional.of("data set " + version + " has no two classes without the subject: no next version.");
        }
        return board.all().stream()
                .filter(job -> job.status().ended() && job.status() != JobStatus.SUCCEEDED)
                .filter(job -> job.work() instanceof JobState.Ingest ingest
                        && ingest.amendment() instanceof Amendment.SubjectExcluded amendment
                        && amendment.base().equals(version)
                        && amendment.exclusion().equals(exclusion))
                .findFirst()
                .map(job -> "data set " + version + ": no next version, its job " + job.id() + " ended " + job.status()
                        + ".");
    }
}
