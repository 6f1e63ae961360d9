package io.scanstream.inference.kafka;

import io.scanstream.storage.Suspects;
import io.scanstream.storage.Suspects.Mark;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One partition's care against records that kill the process. Whoever works on a partition leaves a mark; a mark of a
 * former owner means that it died. Then as many records as one batch can hold are scored one by one, each named in the
 * mark before it is touched, and a record that was alone in the hands of three dead processes is set aside.
 *
 * <p>The mark lies in the object store, where a pod that comes up elsewhere finds it. In ordinary work it is written once,
 * when the partition is taken over.
 */
final class Isolation {
    static final int MOST_DEATHS = 3;

    private final Suspects suspects;
    private final String partition;
    private final String owner;
    private @Nullable Long suspect;
    /** How many dead processes had the suspect alone; this one is not counted. */
    private int deaths;

    private int leftAlone;
    private boolean inHand;

    private Isolation(Suspects suspects, String partition, String owner) {
        this.suspects = suspects;
        this.partition = partition;
        this.owner = owner;
    }

    /**
     * Takes a partition over. Where the mark is still this process's own (it lost the broker, or the partition came back),
     * nobody died: it goes on where it was.
     *
     * @param owner this process
     * @param batch most records that the former owner can have had in hand
     * @param before what this process last knew of the partition; null if it never held it
     */
    static Isolation takeOver(
            Suspects suspects, String partition, String owner, int batch, @Nullable Isolation before) {
        Optional<Mark> left = suspects.get(partition);
        if (before != null && left.isPresent() && left.get().owner().equals(owner)) {
            before.inHand = false;
            return before;
        }
        Isolation isolation = new Isolation(suspects, partition, owner);
        if (left.isPresent()) {
            isolation.suspect = left.get().alone();
            isolation.deaths = left.get().processes();
            isolation.leftAlone = batch;
        }
        suspects.put(partition, new Mark(owner, isolation.suspect, isolation.deaths));
        return isolation;
    }

    /** Whether the next record must be scored alone. */
    boolean isOn() {
        return leftAlone > 0;
    }

    /** Whether a record has been alone in the hands of too many processes that died. */
    boolean isPoison(long offset) {
        return suspect != null && suspect == offset && deaths >= MOST_DEATHS;
    }

    /** Names the record in the mark; to be called before it is touched, and again when it is tried again. */
    void begin(long offset) {
        int before = suspect != null && suspect == offset ? deaths : 0;
        suspects.put(partition, new Mark(owner, offset, before + 1));
        suspect = offset;
        deaths = before;
        inHand = true;
    }

    /** The record has its outcome, committed; to be called again if the store did not answer. */
    void end() {
        inHand = false;
        if (leftAlone == 1) {
            suspects.put(partition, new Mark(owner, null, 0));
            suspect = null;
            deaths = 0;
        }
        leftAlone--;
    }

    /** Lets go of the partition in order; while records are taken one by one, the next owner must go on with that. */
    void release() {
        if (!isOn()) {
            suspects.clear(partition, owner);
        } else if (inHand) {
            suspects.put(partition, new Mark(owner, suspect, deaths));
        }
    }
}
