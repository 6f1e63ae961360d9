package io.scanstream.trainer.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightFileTest {
    private static final float[] VALUES = {1, 2, 3, 4, 5, 6};

    @TempDir
    Path folder;

    @Test
    void readsSafetensors() throws IOException {
        Path file = safetensors(
                "{\"__metadata__\":{\"format\":\"pt\"},"
                        + "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                        + "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,8]}}",
                VALUES);
        try (WeightFile weights = WeightFile.open(file)) {
            assertThat(weights.tensors().keySet()).containsExactly("a", "b");
            assertThat(weights.tensors().get("a").shape()).containsExactly(2L, 3L);
            assertThat(values(weights, "a")).containsExactly(VALUES);
            assertThat(values(weights, "b")).containsExactly(2);
        }
    }

    @Test
    void readsWhatTorchSaveWrites() throws IOException {
        byte[] pickle =
                state(one -> one.text("a").tensor("FloatStorage", "0", 6, 1, new long[] {2, 2}, new long[] {3, 1}));
        try (WeightFile weights = WeightFile.open(torch(pickle, VALUES))) {
            StoredTensor tensor = weights.tensors().get("a");
            assertThat(tensor.type()).isEqualTo(ElementType.FLOAT32);
            assertThat(tensor.strides()).containsExactly(3L, 1L);
            assertThat(values(weights, "a")).containsExactly(2, 3, 4, 5, 6);
        }
    }

    @Test
    void callsNothingAndSaysWhatWasNamed() {
        refusesPickle(
                Pickle.begin()
                        .global("os", "system")
                        .text("true")
                        .raw(0x85, 'R')
                        .end(),
                "names 'os.system'");
        refusesPickle(
                Pickle.begin()
                        .global("builtins", "eval")
                        .text("1")
                        .raw(0x85, 'R')
                        .end(),
                "names 'builtins.eval'");
        refusesPickle(Pickle.begin().global("torch", "load").end(), "names 'torch.load'");
        refusesPickle(Pickle.begin().global("torch", "ByteStorage").end(), "names 'torch.ByteStorage'");
        refusesPickle(
                Pickle.begin().global("torch", "FloatStorage").raw(')', 'R').end(), "calls 'torch.FloatStorage'");
        refusesPickle(
                Pickle.begin()
                        .global("collections", "OrderedDict")
                        .text("x")
                        .raw(0x85, 'R')
                        .end(),
                "calls 'collections.OrderedDict'");
        refusesPickle(
                Pickle.begin()
                        .global("collections", "OrderedDict")
                        .raw(')', 0x81)
                        .end(),
                "instruction 0x81");
        refusesPickle(Pickle.begin().raw('i').end(), "instruction 0x69");
        refusesPickle(Pickle.begin().raw(']', '}', 'b').end(), "sets a field");
        refusesPickle(new Pickle().raw(0x80, 4, 'N').end(), "protocol 4");
        refusesPickle(Pickle.begin().raw('}', ')', 'N', 's').end(), "key");
        refusesPickle(Pickle.begin().raw('h', 3).end(), "refers to something");
        refusesPickle(Pickle.begin().raw(0x8a, 200).end(), "a number of 200 bytes");
        refusesPickle(Pickle.begin().raw('X', 0xff, 0xff, 0xff, 0x7f).end(), "cut short");
        refusesPickle(Pickle.begin().raw('}').end(), "no state_dict");
        refusesPickle(Pickle.begin().text("x").end(), "no state_dict");
    }

    @Test
    void refusesTensorsThatReachBeyondTheirStorage() {
        refusesTensor(0, new long[] {7}, new long[] {1}, 6, "beyond");
        refusesTensor(5, new long[] {2}, new long[] {1}, 6, "beyond");
        refusesTensor(-1, new long[] {2}, new long[] {1}, 6, "beyond");
        refusesTensor(0, new long[] {2, 2}, new long[] {5, 1}, 6, "beyond");
        refusesTensor(0, new long[] {2}, new long[] {-1}, 6, "strides");
        refusesTensor(0, new long[] {-2}, new long[] {1}, 6, "shape");
        refusesTensor(0, new long[] {2, 2}, new long[] {1}, 6, "2 dimensions and 1 strides");
        refusesTensor(0, new long[] {Long.MAX_VALUE, 3}, new long[] {4, 1}, 6, "shape");
        refusesTensor(Long.MAX_VALUE, new long[] {2}, new long[] {1}, 6, "beyond");
        refusesTensor(0, new long[] {2}, new long[] {1}, Long.MAX_VALUE, "claims");
        refusesTensor(0, new long[] {7}, new long[] {1}, 7, "claims 7 values of 4 bytes in 24");
        byte[] elsewhere =
                state(pickle -> pickle.text("a").tensor("FloatStorage", "../1", 2, 0, new long[] {2}, new long[] {1}));
        refuses(() -> torch(elsewhere, VALUES), "'../1', which is not there");
    }

    @Test
    void refusesCompressedArchivesAndOtherZips() {
        byte[] bomb = new byte[1 << 20];
        refuses(() -> zip(Map.of("m/data.pkl", bomb), ZipEntry.DEFLATED), "is compressed");
        refuses(() -> zip(Map.of("m/data.pkl", new byte[17 << 20]), ZipEntry.STORED), "larger than");
        refuses(() -> zip(Map.of("readme.txt", new byte[3]), ZipEntry.STORED), "no data.pkl");
        refuses(
                () -> zip(Map.of("m/data.pkl", new byte[3], "m/constants.pkl", new byte[1]), ZipEntry.STORED),
                "TorchScript");
        refuses(
                () -> zip(Map.of("m/data.pkl", new byte[3], "m/byteorder", bytes("big")), ZipEntry.STORED),
                "little-endian");
        refuses(() -> write("PK\003\004 and no zip".getBytes(StandardCharsets.ISO_8859_1)), "not a zip");
    }

    @Test
    void refusesSafetensorsWhoseHeaderIsWrong() {
        refusesHeader("[]", "ARRAY");
        refusesHeader("{\"a\":1}  {", "cannot be read");
        refusesHeader("{\"a\":{},\"a\":{}}", "Duplicate");
        refusesHeader("{\"a\":{\"dtype\":\"F8\",\"shape\":[1],\"data_offsets\":[0,1]}}", "'F8'");
        refusesHeader("{\"a\":{\"dtype\":\"F32\",\"shape\":[6],\"data_offsets\":[0,25]}}", "offsets");
        refusesHeader("{\"a\":{\"dtype\":\"F32\",\"shape\":[6],\"data_offsets\":[24,0]}}", "offsets");
        refusesHeader("{\"a\":{\"dtype\":\"F32\",\"shape\":[5],\"data_offsets\":[0,24]}}", "has 24 bytes");
        refusesHeader("{\"a\":{\"dtype\":\"F32\",\"shape\":[7],\"data_offsets\":[0,24]}}", "beyond");
        refusesHeader("{\"a\":{\"dtype\":\"F32\",\"shape\":[-6],\"data_offsets\":[0,24]}}", "shape");
        refusesHeader("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,24]}}", "shape");
        refusesHeader("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,24]}}", "lacks");
        refuses(() -> write(new byte[] {-1, -1, -1, -1, -1, -1, -1, 127, '{'}), "found neither");
        refuses(() -> write(new byte[] {1}), "found neither");
        refuses(() -> write(new byte[0]), "found neither");
        refuses(
                () -> write(new byte[] {(byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, (byte) 0xfc, (byte) 0x9c, 0x46, 1}),
                "before 1.6");
    }

    /** Whatever is in a file, the answer is a refusal or tensors that lie within it. */
    @Test
    void survivesFilesThatAreCutOrChangedAtRandom() throws IOException {
        long seed = System.nanoTime();
        System.out.println("changes drawn from seed " + seed);
        Random random = new Random(seed);
        byte[] pickle = state(one -> one.text("a")
                .tensor("FloatStorage", "0", 6, 0, new long[] {2, 3}, new long[] {3, 1})
                .text("b")
                .tensor("FloatStorage", "0", 6, 5, new long[] {}, new long[] {}));
        List<byte[]> files = List.of(
                Files.readAllBytes(torch(pickle, VALUES)),
                Files.readAllBytes(
                        safetensors("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}", VALUES)));
        for (int round = 0; round < 2000; round++) {
            byte[] bytes = files.get(round % 2).clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Path file = write(random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes);
            try (WeightFile weights = WeightFile.open(file)) {
                for (StoredTensor tensor : weights.tensors().values()) {
                    assertThat(tensor.position()).isNotNegative();
                    assertThat(tensor.position() + tensor.span() * tensor.type().bytes())
                            .isLessThanOrEqualTo(Files.size(file));
                }
            } catch (ScanstreamException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
            }
        }
    }

    @Test
    void findsWeightsInItsFolderOrSaysWhereToPutThem() throws IOException {
        WeightFolder weights = new WeightFolder(folder);
        Path file = safetensors("{}", VALUES);
        Path named = Files.copy(file, folder.resolve("resnet18-imagenet.safetensors"));
        assertThat(weights.find("resnet18-imagenet")).isEqualTo(named);
        assertThat(weights.find(file.toString())).isEqualTo(file);
        assertThatThrownBy(() -> weights.find("vgg16-imagenet"))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_WEIGHTS))
                .hasMessageContaining("vgg16-imagenet.safetensors")
                .hasMessageContaining("network.weights=none");
    }

    private void refusesTensor(long offset, long[] shape, long[] strides, long elements, String message) {
        byte[] pickle = state(one -> one.text("a").tensor("FloatStorage", "0", elements, offset, shape, strides));
        refuses(() -> torch(pickle, VALUES), message);
    }

    private void refusesPickle(byte[] pickle, String message) {
        refuses(() -> torch(pickle, VALUES), message);
    }

    private void refusesHeader(String header, String message) {
        refuses(() -> safetensors(header, VALUES), message);
    }

    private interface FileMaker {
        Path make() throws IOException;
    }

    private static void refuses(FileMaker maker, String message) {
        assertThatThrownBy(() -> WeightFile.open(maker.make()).close())
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
                .hasMessageContaining(message);
    }

    private interface Content {
        void write(Pickle pickle);
    }

    private static byte[] state(Content content) {
        Pickle pickle = Pickle.begin().raw('}', '(');
        content.write(pickle);
        return pickle.raw('u').end();
    }

    private Path torch(byte[] pickle, float[] values) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("archive/data.pkl", pickle);
        entries.put("archive/data/0", bytes(values));
        entries.put("archive/version", bytes("3\n"));
        return zip(entries, ZipEntry.STORED);
    }

    private Path zip(Map<String, byte[]> entries, int method) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> content : entries.entrySet()) {
                ZipEntry entry = new ZipEntry(content.getKey());
                entry.setMethod(method);
                if (method == ZipEntry.STORED) {
                    CRC32 sum = new CRC32();
                    sum.update(content.getValue());
                    entry.setCrc(sum.getValue());
                    entry.setSize(content.getValue().length);
                }
                zip.putNextEntry(entry);
                zip.write(content.getValue());
                zip.closeEntry();
            }
        }
        return write(bytes.toByteArray());
    }

    private Path safetensors(String header, float[] values) throws IOException {
        byte[] json = bytes(header);
        byte[] data = bytes(values);
        return write(ByteBuffer.allocate(8 + json.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .put(data)
                .array());
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(Files.createTempFile(folder, "weights", ""), bytes);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(float[] values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return buffer.array();
    }

    private static float[] values(WeightFile weights, String name) throws IOException {
        StoredTensor tensor = weights.tensors().get(name);
        ByteBuffer bytes =
                ByteBuffer.allocate((int) tensor.span() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        weights.read(tensor, bytes);
        bytes.flip();
        float[] values = new float[(int) tensor.span()];
        bytes.asFloatBuffer().get(values);
        return values;
    }
}
