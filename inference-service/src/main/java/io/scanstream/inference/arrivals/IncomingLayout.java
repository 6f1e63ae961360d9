package io.scanstream.inference.arrivals;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an object's key says: {@code incoming/<model>/…} is scored by the model's champion, {@code
 * incoming/<model>@<version or alias>/…} by that one, and the same below {@code incoming-urgent/} before everything else.
 */
public final class IncomingLayout {
    private final Place routine;
    private final Place urgent;

    /**
     * A prefix and where its scans go.
     *
     * @param prefix ends in '/'
     * @param topic that its scans go to
     * @param group that scores them
     */
    record Place(String prefix, String topic, String group) {}

    /**
     * What a key asks for.
     *
     * @param choice version or alias; absent: the champion
     */
    record Wanted(String model, @Nullable String choice) {}

    /**
     * A layout.
     *
     * @param name of the prefix, without '/' at its ends; that of urgent scans is the same with {@code -urgent}
     * @throws ScanstreamException {@code INVALID_REQUEST} if it is empty, or not a path
     */
    public IncomingLayout(String name) {
        if (name.isEmpty() || Arrays.stream(name.split("/", -1)).anyMatch(IncomingLayout::isNoName)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.arrivals.prefix: '" + name + "' is not a prefix of keys. Maybe 'incoming'?");
        }
        routine = new Place(name + "/", Topics.SCANS, Topics.SCORERS_GROUP);
        urgent = new Place(name + "-urgent/", Topics.SCANS_URGENT, Topics.URGENT_SCORERS_GROUP);
    }

    /** Both prefixes, the urgent one first. */
    List<Place> places() {
        return List.of(urgent, routine);
    }

    public List<String> prefixes() {
        return places().stream().map(Place::prefix).toList();
    }

    /** Where a key belongs; empty for one that is no arrival: outside of the prefixes, or the mark of a folder. */
    Optional<Place> place(String key) {
        return key.endsWith("/")
                ? Optional.empty()
                : places().stream()
                        .filter(place -> key.startsWith(place.prefix()))
                        .findFirst();
    }

    /**
     * Which model a key asks for.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} if it names none
     */
    static Wanted wanted(Place place, String key) {
        String[] parts = key.substring(place.prefix().length()).split("/", -1);
        if (parts.length < 2) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "object " + key + " names no model. Put it under " + place.prefix() + "<model>/ or "
                            + place.prefix() + "<model>@<version or alias>/.");
        }
        String[] asked = parts[0].split("@", 2);
        String model = Names.require("object " + key + ": model", asked[0]);
        return new Wanted(
                model, asked.length == 1 ? null : Names.require("object " + key + ": version or alias", asked[1]));
    }

    /**
     * Whether a client can ask for an object of this key.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} if not
     */
    static void requireReadable(String key) {
        if (Arrays.stream(key.split("/", -1)).anyMatch(part -> part.equals(".") || part.equals(".."))) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "object " + key + ": keys with '.' or '..' in their path are refused.");
        }
    }

    private static boolean isNoName(String part) {
        return part.isBlank() || part.equals(".") || part.equals("..");
    }
}
