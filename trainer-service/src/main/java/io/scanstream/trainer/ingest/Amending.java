package io.scanstream.trainer.ingest;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Amendment;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.Task;
import io.scanstream.trainer.data.StableSplit;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Makes the next version of a data set out of the one before and one scan more or less. */
final class Amending {

    /**
     * The next version with a scan more.
     *
     * @throws ScanstreamException {@code INVALID_DATASET} if the images have masks, or these bytes are there under another
     *     label
     */
    static Manifest add(Manifest base, Amendment.ScanAdded added, Found scan, DatasetVersion dataset, Instant now) {
        if (base.task() == Task.SEGMENTATION) {
            throw invalid("the images of " + base.dataset() + " have masks; upload a whole version instead.");
        }
        List<Manifest.Entry> entries = new ArrayList<>(base.entries());
        for (Manifest.Entry entry : entries) {
            if (entry.sha256().equals(scan.sha256()) && !added.label().equals(entry.label())) {
                throw invalid(base.dataset() + " has these bytes as '" + entry.path() + "' with "
                        + (entry.label() == null ? "no label" : "the label '" + entry.label() + "'") + ", not '"
                        + added.label() + "'. Remove that one first if it is wrong.");
            }
        }
        Manifest.Entry entry = new Manifest.Entry(
                "added/" + added.label() + "/" + scan.sha256(),
                scan.sha256(),
                scan.sizeBytes(),
                added.label(),
                Split.TRAIN,
                added.subject(),
                added.group(),
                null,
                null,
                scan.likeness(),
                Map.of());
        entries.removeIf(before -> before.path().equals(entry.path()));
        entries.add(entry.in(split(base, added, entry)));
        return ManifestBuilder.amended(base, entries, dataset, now);
    }

    private static Split split(Manifest base, Amendment.ScanAdded added, Manifest.Entry entry) {
        for (Manifest.Entry before : base.entries()) {
            boolean sameGroup = added.group() != null && added.group().equals(before.group());
            boolean sameSubject = added.subject() != null && added.subject().equals(before.subject());
            if ((sameGroup || sameSubject) && before.split() != Split.UNLABELLED) {
                if (added.split() != null && added.split() != before.split()) {
                    throw invalid("the scan's "
                            + (sameGroup ? "group '" + added.group() : "subject '" + added.subject())
                            + "' is in the " + name(before.split()) + " split of " + base.dataset() + ", not in "
                            + name(added.split()) + ". Leave the split out, and it goes there.");
                }
                return before.split();
            }
        }
        if (added.split() != null) {
            return added.split();
        }
        return StableSplit.isIn(entry, ManifestBuilder.TEST_SHARE, ManifestBuilder.TEST_SALT)
                ? Split.TEST
                : Split.TRAIN;
    }

    private static String name(Split split) {
        return split.name().toLowerCase(Locale.ROOT);
    }

    /**
     * The next version without a scan.
     *
     * @throws ScanstreamException {@code INVALID_DATASET} if it is not there
     */
    static Manifest remove(Manifest base, Amendment.ScanRemoved removed, DatasetVersion dataset, Instant now) {
        List<Manifest.Entry> left = new ArrayList<>(base.entries());
        if (!left.removeIf(entry -> entry.sha256().equals(removed.sha256()))) {
            throw invalid(base.dataset() + " has no scan with the SHA-256 " + removed.sha256() + ".");
        }
        return ManifestBuilder.amended(base, left, dataset, now);
    }

    /** The next version with what the base still has, entries of which fell to an exclusion. */
    static Manifest rest(Manifest base, DatasetVersion dataset, Instant now) {
        return ManifestBuilder.amended(base, base.entries(), dataset, now);
    }

    private static ScanstreamException invalid(String what) {
        return new ScanstreamException(ErrorCode.INVALID_DATASET, what);
    }

    private Amending() {}
}
