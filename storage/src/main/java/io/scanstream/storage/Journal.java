package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A prefix of numbered immutable objects, {@code 000001.json}, {@code 000002.json}…, each created only if it is not there.
 * Who creates the next number has made the change; everyone else reads again and decides again. The highest number is
 * the state, the rest is its history.
 *
 * @param <T> what an entry holds, written as JSON
 */
public final class Journal<T> {
    private static final int MOST_RACES = 100;

    private final ObjectStore store;
    private final String prefix;
    private final Class<T> type;

    /**
     * A journal; nothing is read or written yet.
     *
     * @param prefix ends in '/'
     */
    Journal(ObjectStore store, String prefix, Class<T> type) {
        this.store = store;
        this.prefix = prefix;
        this.type = type;
    }

    /**
     * One entry.
     *
     * @param number counts from 1
     */
    public record Entry<T>(int number, T value) {}

    /** The state, or empty while there is no entry. */
    public Optional<Entry<T>> head() {
        List<Integer> numbers = numbers();
        if (numbers.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(read(numbers.get(numbers.size() - 1)));
    }

    /** Every entry, oldest first. */
    public List<Entry<T>> history() {
        List<Entry<T>> entries = new ArrayList<>();
        for (int number : numbers()) {
            entries.add(read(number));
        }
        return entries;
    }

    /**
     * Makes the entry after {@code after}, 0 for the first.
     *
     * @return false if somebody else made it first
     */
    public boolean append(int after, T value) {
        return store.createIfAbsent(key(after + 1), Json.bytes(value));
    }

    /**
     * Decides on the state as it is, and again if somebody else was faster.
     *
     * @param decision from the head (empty: no entry) to the next value; empty leaves things as they are
     * @return the new head, or empty if the decision was to leave things
     * @throws ScanstreamException {@code CONFLICT} if others were faster a hundred times
     */
    public Optional<Entry<T>> update(Function<Optional<Entry<T>>, Optional<T>> decision) {
        for (int race = 0; race < MOST_RACES; race++) {
            Optional<Entry<T>> head = head();
            Optional<T> next = decision.apply(head);
            if (next.isEmpty()) {
                return Optional.empty();
            }
            int after = head.map(Entry::number).orElse(0);
            if (append(after, next.get())) {
                return Optional.of(new Entry<>(after + 1, next.get()));
            }
        }
        throw new ScanstreamException(
                ErrorCode.CONFLICT, "journal " + prefix + ": others were faster " + MOST_RACES + " times. Try again.");
    }

    private List<Integer> numbers() {
        List<Integer> numbers = new ArrayList<>();
        for (String name : store.children(prefix)) {
            if (name.matches("\\d{6,9}\\.json")) {
                numbers.add(Integer.parseInt(name.substring(0, name.length() - 5)));
            }
        }
        numbers.sort(null);
        return numbers;
    }

    private Entry<T> read(int number) {
        return new Entry<>(number, Json.read(store.require(key(number), ErrorCode.INTERNAL), type));
    }

    private String key(int number) {
        return prefix + String.format(java.util.Locale.ROOT, "%06d.json", number);
    }
}
