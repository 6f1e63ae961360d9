package io.scanstream.trainer.tensorboard;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * The epochs of one training as an event file: TFRecord frames of {@code tensorflow.Event} messages with scalar summaries
 * (tensorflow/core/lib/io/record_writer.h, core/util/event.proto, core/framework/summary.proto). Tags are {@code
 * loss/train}, {@code loss/validation}, {@code accuracy/validation} and so on, steps are epochs from 1. Not thread-safe.
 */
public final class EventFile {
    /** Added to the rotated checksum, so that a checksum of data that contains checksums stays good. */
    private static final int MASK_DELTA = 0xa282ead8;

    private static final int WALL_TIME = 1;
    private static final int STEP = 2;
    private static final int FILE_VERSION = 3;
    private static final int SUMMARY = 5;
    private static final int VALUE = 1;
    private static final int TAG = 1;
    private static final int SIMPLE_VALUE = 2;

    private final List<Epoch> epochs = new ArrayList<>();

    private record Epoch(int number, Map<String, Double> scalars, Instant at) {}

    /**
     * Adds an epoch.
     *
     * @param number counts from 1
     * @param validation figures on the validation split by name
     * @param imagesPerSecond by name, {@code train} and what the {@code input} pipeline alone could make
     */
    public void add(
            int number,
            double trainLoss,
            Map<String, Double> validation,
            Map<String, Double> imagesPerSecond,
            Instant at) {
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put("loss/train", trainLoss);
        validation.forEach((name, value) -> scalars.put(name + "/validation", value));
        imagesPerSecond.forEach((name, value) -> scalars.put("imagesPerSecond/" + name, value));
        epochs.add(new Epoch(number, scalars, at));
    }

    /** The name that TensorBoard looks for; it has the first epoch's time in it, and does not change afterwards. */
    public String name() {
        long seconds = epochs.isEmpty() ? 0 : epochs.get(0).at().getEpochSecond();
        return String.format("events.out.tfevents.%010d.scanstream", seconds);
    }

    /** The whole file. */
    public byte[] bytes() {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        Instant start = epochs.isEmpty() ? Instant.EPOCH : epochs.get(0).at();
        frame(file, message(event -> {
            event.writeDouble(WALL_TIME, seconds(start));
            event.writeString(FILE_VERSION, "brain.Event:2");
        }));
        for (Epoch epoch : epochs) {
            frame(file, message(event -> {
                event.writeDouble(WALL_TIME, seconds(epoch.at()));
                event.writeInt64(STEP, epoch.number());
                event.writeByteArray(SUMMARY, summary(epoch.scalars()));
            }));
        }
        return file.toByteArray();
    }

    private static byte[] summary(Map<String, Double> scalars) {
        return message(summary -> {
            for (Map.Entry<String, Double> scalar : scalars.entrySet()) {
                summary.writeByteArray(VALUE, message(value -> {
                    value.writeString(TAG, scalar.getKey());
                    value.writeFloat(SIMPLE_VALUE, scalar.getValue().floatValue());
                }));
            }
        });
    }

    private static double seconds(Instant at) {
        return at.toEpochMilli() / 1000.0;
    }

    /** What writes a message's fields. */
    private interface Fields {
        void writeTo(CodedOutputStream message) throws IOException;
    }

    private static byte[] message(Fields fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            CodedOutputStream message = CodedOutputStream.newInstance(bytes);
            fields.writeTo(message);
            message.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("a message in memory", e);
        }
        return bytes.toByteArray();
    }

    /** Length, its checksum, the data, its checksum; all little-endian. */
    private static void frame(ByteArrayOutputStream file, byte[] data) {
        byte[] length = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(data.length)
                .array();
        file.writeBytes(length);
        file.writeBytes(maskedChecksum(length));
        file.writeBytes(data);
        file.writeBytes(maskedChecksum(data));
    }

    private static byte[] maskedChecksum(byte[] data) {
        CRC32C checksum = new CRC32C();
        checksum.update(data);
        int crc = (int) checksum.getValue();
        int masked = Integer.rotateRight(crc, 15) + MASK_DELTA;
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(masked)
                .array();
    }
}
