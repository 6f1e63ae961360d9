package io.scanstream.trainer.weights;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * What {@code torch.save} writes: a zip of uncompressed entries, {@code data.pkl} with the state_dict and {@code data/<key>}
 * with the values of each storage. Nothing is unpacked: values are read where they lie in the file.
 */
final class TorchArchive {
    /** A state_dict's pickle has some hundred bytes a tensor. */
    private static final long MAX_PICKLE_BYTES = 16L << 20;

    private static final int MAX_ENTRIES = 100_000;
    private static final String PICKLE = "/data.pkl";
    /** Where checkpoints keep the weights beside other things. */
    private static final List<String> NESTED = List.of("state_dict", "model_state_dict", "model");

    /** Bytes of the file, from a place. */
    private record Region(long position, long bytes) {}

    private final FileChannel channel;
    private final Map<String, Region> entries;
    private final String prefix;

    private TorchArchive(FileChannel channel, Map<String, Region> entries) {
        this.channel = channel;
        this.entries = entries;
        this.prefix = entries.keySet().stream()
                .filter(name -> name.endsWith(PICKLE) && name.indexOf('/') == name.length() - PICKLE.length())
                .map(name -> name.substring(0, name.length() - PICKLE.length()))
                .findFirst()
                .orElseThrow(() -> invalid("it has no data.pkl. Save a state_dict with torch.save."));
    }

    static Map<String, StoredTensor> contents(Path file, FileChannel channel) throws IOException {
        Map<String, Region> entries;
        try (ZipFile zip = ZipFile.builder().setPath(file).get()) {
            entries = regions(zip, channel.size());
        } catch (IOException | IllegalArgumentException e) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "is not a zip that can be read: " + e.getMessage() + ".", e);
        }
        return new TorchArchive(channel, entries).tensors();
    }

    private static Map<String, Region> regions(ZipFile zip, long fileBytes) throws IOException {
        Map<String, Region> regions = new HashMap<>();
        for (var all = zip.getEntries(); all.hasMoreElements(); ) {
            ZipArchiveEntry entry = all.nextElement();
            String name = entry.getName();
            if (entry.getMethod() != ZipArchiveEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
                throw invalid(
                        "its entry '" + name + "' is compressed, which torch.save never does; TorchScript programs"
                                + " have such. Save model.state_dict() instead.");
            }
            long position = entry.getDataOffset();
            if (position < 0 || entry.getSize() < 0 || entry.getSize() > fileBytes - position) {
                throw invalid("its entry '" + name + "' reaches beyond the file's " + fileBytes + " bytes");
            }
            if (regions.put(name, new Region(position, entry.getSize())) != null) {
                throw invalid("it has two entries '" + name + "'");
            }
            if (regions.size() > MAX_ENTRIES) {
                throw invalid("it has more than " + MAX_ENTRIES + " entries");
            }
        }
        return regions;
    }

    private Map<String, StoredTensor> tensors() throws IOException {
        if (entries.containsKey(prefix + "/constants.pkl")) {
            throw invalid("it is a TorchScript program, not weights. Save model.state_dict() instead.");
        }
        if (entries.containsKey(prefix + "/byteorder")
                && !new String(bytes("byteorder", 16), StandardCharsets.US_ASCII).equals("little")) {
            throw invalid("its values are not little-endian");
        }
        Map<?, ?> state = stateDict(new Unpickler(bytes("data.pkl", MAX_PICKLE_BYTES)).load());
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : state.entrySet()) {
            if (entry.getKey() instanceof String name && entry.getValue() instanceof Unpickler.Tensor tensor) {
                tensors.put(name, placed(name, tensor));
            }
        }
        return tensors;
    }

    private static Map<?, ?> stateDict(Object loaded) {
        if (loaded instanceof Map<?, ?> map) {
            if (map.values().stream().anyMatch(Unpickler.Tensor.class::isInstance)) {
                return map;
            }
            for (String key : NESTED) {
                if (map.get(key) instanceof Map<?, ?> nested) {
                    return nested;
                }
            }
        }
        throw invalid("it holds no state_dict of tensors");
    }

    private StoredTensor placed(String name, Unpickler.Tensor tensor) {
        Unpickler.Storage storage = tensor.storage();
        Region region = entries.get(prefix + "/data/" + storage.key());
        if (region == null) {
            throw StoredTensor.invalid(name, "is stored in '" + storage.key() + "', which is not there");
        }
        long bytes = storage.type().bytes();
        if (storage.elements() < 0 || storage.elements() > region.bytes() / bytes) {
            throw StoredTensor.invalid(
                    name, "claims " + storage.elements() + " values of " + bytes + " bytes in " + region.bytes());
        }
        return StoredTensor.within(
                name,
                storage.type(),
                tensor.shape(),
                tensor.strides(),
                tensor.offset(),
                region.position(),
                storage.elements());
    }

    private byte[] bytes(String name, long atMost) throws IOException {
        Region region = entries.get(prefix + "/" + name);
        if (region == null || region.bytes() > atMost) {
            throw invalid("its " + name + " is missing or larger than " + atMost + " bytes");
        }
        ByteBuffer buffer = ByteBuffer.allocate((int) region.bytes());
        WeightFile.readFully(channel, buffer, region.position());
        return buffer.array();
    }

    private static ScanstreamException invalid(String what) {
        return new ScanstreamException(
                ErrorCode.INVALID_REQUEST, "expected a file of torch.save; " + what + (what.endsWith(".") ? "" : "."));
    }
}
