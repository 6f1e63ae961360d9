package io.scanstream.trainer.weights;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;

/**
 * A file of named tensors: safetensors, or what {@code torch.save} writes of a state_dict (its zip format, since torch
 * 1.6). Which of the two it is its first bytes say, not its name. Only the tensors' names and places are held in memory.
 * The caller closes it.
 */
public final class WeightFile implements AutoCloseable {
    private static final byte[] ZIP = {'P', 'K', 3, 4};
    /** The pickled number that torch before 1.6 begins its files with. */
    private static final byte[] OLD_TORCH = {(byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, (byte) 0xfc, (byte) 0x9c, 0x46};

    private final Path file;
    private final FileChannel channel;
    private final Map<String, StoredTensor> tensors;

    private WeightFile(Path file, FileChannel channel, Map<String, StoredTensor> tensors) {
        this.file = file;
        this.channel = channel;
        this.tensors = Collections.unmodifiableMap(tensors);
    }

    /**
     * Opens a file and reads its table of contents.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} saying what is wrong: another format, a damaged or forged file, a
     *     pickle that names anything but tensors
     */
    public static WeightFile open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file);
        try {
            return new WeightFile(file, channel, contents(file, channel));
        } catch (ScanstreamException e) {
            channel.close();
            throw new ScanstreamException(e.code(), "weights " + file + ": " + e.getMessage(), e);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static Map<String, StoredTensor> contents(Path file, FileChannel channel) throws IOException {
        ByteBuffer first = ByteBuffer.allocate(OLD_TORCH.length);
        readFully(channel, first, 0);
        first.flip();
        if (startsWith(first, ZIP)) {
            return TorchArchive.contents(file, channel);
        }
        if (startsWith(first, OLD_TORCH)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "was written by torch before 1.6. Write it anew: torch.save(torch.load(old, 'cpu'), new).");
        }
        if (Safetensors.looksLike(first, channel.size())) {
            return Safetensors.contents(channel);
        }
        throw new ScanstreamException(
                ErrorCode.INVALID_REQUEST,
                "expected safetensors or what torch.save writes of a state_dict, found neither.");
    }

    private static boolean startsWith(ByteBuffer bytes, byte[] prefix) {
        return bytes.remaining() >= prefix.length
                && bytes.slice(0, prefix.length).equals(ByteBuffer.wrap(prefix));
    }

    public Path file() {
        return file;
    }

    /** What the file holds, by name, in its order. */
    public Map<String, StoredTensor> tensors() {
        return tensors;
    }

    /**
     * Reads a tensor's {@code span} of elements as they are in the file, little-endian.
     *
     * @param into has room for exactly them
     */
    public void read(StoredTensor tensor, ByteBuffer into) throws IOException {
        if (into.remaining() != tensor.span() * tensor.type().bytes()) {
            throw new IllegalArgumentException(into + " for " + tensor);
        }
        readFully(channel, into, tensor.position());
        if (into.hasRemaining()) {
            throw StoredTensor.invalid(tensor.name(), "ends early");
        }
    }

    /** Fills the buffer, or as much of it as the file has from there. */
    static void readFully(FileChannel channel, ByteBuffer into, long position) throws IOException {
        long at = position;
        while (into.hasRemaining()) {
            int count = channel.read(into, at);
            if (count < 0) {
                return;
            }
            at += count;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
