package io.scanstream.inference.deadletter;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends dead letters back to the topics they came from, each once. The record and a receipt, which goes to the topic of the
 * dead letters, are written in one transaction; what has a receipt is not sent again. So any choice of letters can be replayed
 * in any order, and a replay that was interrupted is run again. Of two at once the later one ends the earlier: they share a
 * transactional id.
 */
public final class Replay implements AutoCloseable {
    private static final Set<String> SOURCES =
            Set.of(Topics.SCANS, Topics.SCANS_URGENT, Topics.TRAINING_REQUESTS, Topics.SCAN_ARRIVALS);

    /** Letters, and bytes of them, in one transaction. */
    private static final int MOST_LETTERS = 100;

    private static final long MOST_BYTES = 8L << 20;

    private final DeadLetters letters;
    private final String topic;
    private final @Nullable String toTopic;
    private final Producer<byte[], byte[]> producer;
    private final List<Sent> gathered = new ArrayList<>();
    private long gatheredBytes;

    /**
     * A letter that is sent.
     *
     * @param to the topic
     */
    public record Sent(DeadLetter letter, String to) {}

    /** What became of letters: counts, and calls as each is decided. */
    public interface Listener {
        /** Once it is committed. */
        void replayed(Sent sent);

        void refused(DeadLetter letter, String reason);
    }

    /**
     * Takes over from any other replay of the topic, and waits until what that left open is undone.
     *
     * @param toTopic where all go; absent: each to where it came from
     * @throws KafkaException if the broker does not answer
     */
    public Replay(Map<String, Object> client, String topic, @Nullable String toTopic) {
        this.letters = new DeadLetters(client, topic);
        this.topic = topic;
        this.toTopic = toTopic;
        Map<String, Object> settings = new HashMap<>(client);
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "dlq-replay-" + topic);
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 16 << 20);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 30_000);
        // Readers of what is committed wait for a replay that was killed in the middle of one.
        settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 10_000);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        this.producer = new KafkaProducer<>(settings);
        try {
            producer.initTransactions();
        } catch (KafkaException e) {
            producer.close(Duration.ZERO);
            throw e;
        }
    }

    /**
     * What a replay would do, without doing it.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} if there is no such topic
     */
    public static void rehearse(
            Map<String, Object> client, String topic, @Nullable String toTopic, Choice choice, Listener listener) {
        new DeadLetters(client, topic)
                .read(
                        choice,
                        letter -> !letter.replayed(),
                        letter -> decide(letter, toTopic, listener, listener::replayed));
    }

    /**
     * Replays the chosen letters that have not been yet.
     *
     * @throws ScanstreamException {@code CONFLICT} if another replay took over; what was reported is replayed, the rest not
     * @throws KafkaException if the broker does not answer; the same holds
     */
    public void run(Choice choice, Listener listener) {
        try {
            letters.read(
                    choice,
                    letter -> !letter.replayed(),
                    letter -> decide(letter, toTopic, listener, sent -> gather(sent, listener)));
            commit(listener);
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
            throw new ScanstreamException(
                    ErrorCode.CONFLICT, "another replay of " + topic + " has begun and goes on with the rest.", e);
        }
    }

    /** Takes a letter that may be sent, or tells of one that may not; always true, for what reads on. */
    private static boolean decide(
            DeadLetter letter, @Nullable String toTopic, Listener listener, Consumer<Sent> accepted) {
        String to = toTopic == null ? letter.sourceTopic() : toTopic;
        if (letter.record().value() == null) {
            listener.refused(letter, "it was kept without its value, which was too large");
        } else if (to == null) {
            listener.refused(letter, "it does not say where it came from; name the topic, --to-topic");
        } else if (toTopic == null && !SOURCES.contains(to)) {
            listener.refused(letter, "it says that it came from " + to + ", where no work is sent to");
        } else {
            accepted.accept(new Sent(letter, to));
        }
        return true;
    }

    private void gather(Sent sent, Listener listener) {
        gathered.add(sent);
        gatheredBytes += sent.letter().sizeBytes();
        if (gathered.size() >= MOST_LETTERS || gatheredBytes >= MOST_BYTES) {
            commit(listener);
        }
    }

    private void commit(Listener listener) {
        if (gathered.isEmpty()) {
            return;
        }
        producer.beginTransaction();
        // What a send fails with, the commit fails with.
        for (Sent sent : gathered) {
            for (ProducerRecord<byte[], byte[]> record : List.of(replayed(sent), receipt(sent.letter()))) {
                var unused = producer.send(record);
            }
        }
        producer.commitTransaction();
        gathered.forEach(listener::replayed);
        gathered.clear();
        gatheredBytes = 0;
    }

    /** The record as it came, but for its deadline: whoever replays it wants an answer. */
    private static ProducerRecord<byte[], byte[]> replayed(Sent sent) {
        DeadLetter letter = sent.letter();
        Headers headers = new RecordHeaders(letter.record().headers().toArray());
        DeadLetterRecord.ONLY_HERE.forEach(headers::remove);
        headers.remove(ScanHeaders.DEADLINE);
        headers.remove(ScanHeaders.REPLAY);
        DeadLetterRecord.add(headers, ScanHeaders.REPLAY, Integer.toString(letter.attempts()));
        return new ProducerRecord<>(
                sent.to(), null, letter.record().key(), letter.record().value(), headers);
    }

    private ProducerRecord<byte[], byte[]> receipt(DeadLetter letter) {
        Headers headers = new RecordHeaders();
        DeadLetterRecord.add(headers, ScanHeaders.REPLAYED, letter.place());
        return new ProducerRecord<>(topic, letter.partition(), letter.record().key(), null, headers);
    }

    /** What is not committed is undone. */
    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
    }
}
