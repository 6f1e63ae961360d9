package io.scanstream.inference.http.v2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.Preprocessing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InferCodecTest {
    /** 3 wide, 2 high, 1 channel: six bytes a scan. */
    private static final Preprocessing SIZE = Preprocessing.stretched(3, 2, 1);

    private static final ModelVersion VERSION = new ModelVersion("tiny", "20260101-000000-00000001");
    private static final int MOST_SCANS = 5;
    private static final int MOST_IMAGE_BYTES = 200_000;

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<byte[]> scans(byte[] body, int jsonBytes) {
        InferRequest request = RequestReader.read(body, jsonBytes);
        ScanBatch batch = ScanBatch.of(request, SIZE, jsonBytes, body.length, MOST_SCANS);
        List<byte[]> scans = batch.read(body, MOST_IMAGE_BYTES);
        assertThat(scans).hasSize(batch.count());
        assertThat(scans.stream().mapToLong(scan -> scan.length).sum()).isLessThanOrEqualTo(batch.bytes());
        return scans;
    }

    private static List<byte[]> scans(String json) {
        return scans(utf8(json), utf8(json).length);
    }

    private static List<byte[]> scans(String json, byte[] behind) {
        byte[] body = Arrays.copyOf(utf8(json), utf8(json).length + behind.length);
        System.arraycopy(behind, 0, body, utf8(json).length, behind.length);
        return scans(body, utf8(json).length);
    }

    private static String refusal(String json) {
        return refusal(ErrorCode.INVALID_REQUEST, () -> scans(json));
    }

    private static String refusal(ErrorCode code, ThrowingCallable reading) {
        ScanstreamException refusal = catchThrowableOfType(ScanstreamException.class, reading);
        assertThat(refusal.code()).isEqualTo(code);
        return String.valueOf(refusal.getMessage());
    }

    private static String scan(String shape, String data) {
        return "{\"inputs\":[{\"name\":\"scan\",\"datatype\":\"UINT8\",\"shape\":%s,\"data\":%s}]}"
                .formatted(shape, data);
    }

    private static String binaryScan(String shape, String size) {
        return "{\"inputs\":[{\"name\":\"scan\",\"datatype\":\"UINT8\",\"shape\":%s,\"parameters\":{\"binary_data_size\":%s}}]}"
                .formatted(shape, size);
    }

    private static String images(String shape, String data) {
        return "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":%s,\"data\":%s}]}"
                .formatted(shape, data);
    }

    @Test
    void readsTensorsFlatNestedAndInAnyOrderOfFields() {
        byte[][] expected = {
            {0, 1, 2, 3, 4, 5}, {(byte) 250, (byte) 251, (byte) 252, (byte) 253, (byte) 254, (byte) 255}
        };

        assertThat(scans(scan("[2,2,3,1]", "[0,1,2,3,4,5,250,251,252,253,254,255]")))
                .containsExactly(expected);
        assertThat(scans(scan(
                        "[2,2,3,1]", "[[[[0],[1],[2]],[[3],[4],[5]]], [[[250],[251],[252]],[[253],[254],[255]]]]")))
                .containsExactly(expected);
        assertThat(scans("""
                {"parameters":{"deep":{"er":[1,{}]}}, "unknown":[[{"x":null}]], "inputs":[
                  {"data":[0,1,2,3,4,5], "extra":1.5e300, "shape":[1,2,3,1], "datatype":"UINT8", "name":"scan"}]}
                """)).containsExactly(expected[0]);
        assertThat(scans(binaryScan("[2,2,3,1]", "12"), new byte[] {0, 1, 2, 3, 4, 5, -6, -5, -4, -3, -2, -1}))
                .containsExactly(expected);
    }

    @Test
    void readsEncodedImagesInBase64AndInBinary() {
        byte[] small = {1, 2, 3};
        // Larger than any text that a request may have.
        byte[] large = new byte[MOST_IMAGE_BYTES];
        new Random(1).nextBytes(large);
        Base64.Encoder base64 = Base64.getEncoder();

        assertThat(scans(images(
                        "[3]",
                        "[\"%s\",\"%s\",\"\"]".formatted(base64.encodeToString(small), base64.encodeToString(large)))))
                .containsExactly(small, large, new byte[0]);

        ByteBuffer behind = ByteBuffer.allocate(12 + 3 + MOST_IMAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        behind.putInt(3).put(small).putInt(0).putInt(large.length).put(large);
        String json = "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[3],"
                + "\"parameters\":{\"binary_data_size\":" + behind.capacity() + "}}]}";
        assertThat(scans(json, behind.array())).containsExactly(small, new byte[0], large);
    }

    @Test
    void saysWhatIsWrongWithAnImageTensor() {
        assertThat(refusal(images("[2]", "[\"AAAA\"]"))).contains("image[1]", "Base64");
        assertThat(refusal(images("[1]", "[\"AAAA\",\"AAAA\"]"))).contains("more values");
        assertThat(refusal(images("[1]", "[\"not base64!\"]"))).contains("image");
        assertThat(refusal(images("[1]", "[\"A\"]"))).contains("image");
        assertThat(refusal(images("[1]", "[7]"))).contains("image[0]");
        assertThat(refusal(images("[1]", "[[\"AAAA\"]]"))).contains("image[0]");
        assertThat(refusal(images("[1,1]", "[\"AAAA\"]"))).contains("shape [1, 1] is not [batch]");
        String tooLarge = Base64.getEncoder().encodeToString(new byte[MOST_IMAGE_BYTES + 1]);
        refusal(ErrorCode.TOO_LARGE, () -> scans(images("[1]", "[\"" + tooLarge + "\"]")));
    }

    @Test
    void elementsThatAnnounceWhatDoesNotComeTakeNoMemory() {
        String json = "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[%d],"
                + "\"parameters\":{\"binary_data_size\":%d}}]}";
        byte[] huge = {-1, -1, -1, -1};
        assertThat(refusal(ErrorCode.INVALID_REQUEST, () -> scans(json.formatted(1, 4), huge)))
                .contains("4294967295 bytes are announced, but 0 are left");
        assertThat(refusal(ErrorCode.INVALID_REQUEST, () -> scans(json.formatted(1, 2), new byte[2])))
                .contains("ends before");
        assertThat(refusal(ErrorCode.INVALID_REQUEST, () -> scans(json.formatted(1, 6), new byte[6])))
                .contains("2 bytes more");
        byte[] long1 = ByteBuffer.allocate(4 + MOST_IMAGE_BYTES + 1)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(MOST_IMAGE_BYTES + 1)
                .array();
        refusal(ErrorCode.TOO_LARGE, () -> scans(json.formatted(1, long1.length), long1));
    }

    @Test
    void saysWhatIsWrongWithAScanTensor() {
        assertThat(refusal(scan("[1,2,3,1]", "[0,1,2,3,4]"))).contains("fewer values");
        assertThat(refusal(scan("[1,2,3,1]", "[0,1,2,3,4,5,6]"))).contains("more values");
        assertThat(refusal(scan("[1,2,3,1]", "[]"))).contains("fewer values");
        assertThat(refusal(scan("[1,2,3,1]", "[[[[0],[1]],[[2],[3]],[[4],[5]]]]")))
                .contains("input scan");
        assertThat(refusal(scan("[1,2,3,1]", "[[0,1,2,3,4,5]]"))).contains("not nested");
        assertThat(refusal(scan("[1,2,3,1]", "[0,1,2,3,4,256]"))).contains("256 is not from 0 to 255");
        assertThat(refusal(scan("[1,2,3,1]", "[0,1,2,3,4,-1]"))).contains("-1 is not");
        assertThat(refusal(scan("[1,2,3,1]", "[0,1,2,3,4,5.0]"))).contains("numbers from 0 to 255");
        assertThat(refusal(scan("[1,2,3,1]", "[0,1,2,3,4,true]"))).contains("numbers from 0 to 255");
        assertThat(refusal(scan("[1,2,3,1]", "[0,1,2,3,4,null]"))).contains("numbers from 0 to 255");
        assertThat(refusal(scan("[1,2,3,1]", "[0,1,2,3,4,NaN]"))).contains("JSON");
        assertThat(refusal(scan("[1,2,3,1]", "[0,1,2,3,4," + "9".repeat(400) + "]")))
                .contains("input scan");
        assertThat(refusal(scan("[1,2,3,1]", "[0,1,2,3,4," + "9".repeat(5000) + "]")))
                .isNotEmpty();
        assertThat(refusal(scan("[1,2,3,1]", "[0,1,2,3,4,1e999999999]"))).contains("numbers from 0 to 255");
        assertThat(refusal(scan("[1,2,3,1]", "\"AAAA\""))).contains("inputs[0].data");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "[0,2,3,1]",
                "[-1,2,3,1]",
                "[1,-2,-3,1]",
                "[1,3,2,1]",
                "[1,2,3]",
                "[2,3,1]",
                "[1,2,3,1,1]",
                "[4294967297,2,3,1]",
                "[1,4294967298,3,1]",
                "[9223372036854775807,9223372036854775807,9223372036854775807,2]",
                "[99999999999999999999,2,3,1]",
                "[1.0,2,3,1]",
                "[\"1\",2,3,1]",
                "[[1,2,3,1]]",
                "[1,1,1,1,1,1,1,1,1]",
                "null",
                "6"
            })
    void refusesShapesThatAreNotTheModels(String shape) {
        ScanstreamException flat =
                catchThrowableOfType(ScanstreamException.class, () -> scans(scan(shape, "[0,1,2,3,4,5]")));
        ScanstreamException binary =
                catchThrowableOfType(ScanstreamException.class, () -> scans(binaryScan(shape, "6"), new byte[6]));

        assertThat(flat.code()).isIn(ErrorCode.INVALID_REQUEST, ErrorCode.TOO_LARGE);
        assertThat(binary.code()).isEqualTo(flat.code());
    }

    @Test
    void refusesMoreScansThanOneRequestMayHave() {
        assertThat(scans(binaryScan("[5,2,3,1]", "30"), new byte[30])).hasSize(MOST_SCANS);
        refusal(ErrorCode.TOO_LARGE, () -> scans(binaryScan("[6,2,3,1]", "36"), new byte[36]));
        refusal(ErrorCode.TOO_LARGE, () -> scans(images("[2147483647]", "[]")));
    }

    @Test
    void binaryDataIsExactlyWhatIsBehindTheJson() {
        for (String size : List.of("5", "7", "0", "-6", "9223372036854775807")) {
            assertThat(refusal(ErrorCode.INVALID_REQUEST, () -> scans(binaryScan("[1,2,3,1]", size), new byte[6])))
                    .contains("binary_data_size is " + size);
        }
        assertThat(refusal(ErrorCode.INVALID_REQUEST, () -> scans(binaryScan("[1,2,3,1]", "5"), new byte[5])))
                .contains("6 bytes");
        assertThat(refusal(binaryScan("[1,2,3,1]", "6"))).contains("0 bytes came behind");
        assertThat(refusal(binaryScan("[1,2,3,1]", "1e3"))).contains("whole number");
        assertThat(refusal(ErrorCode.INVALID_REQUEST, () -> scans(scan("[1,2,3,1]", "[0,1,2,3,4,5]"), new byte[1])))
                .contains("1 bytes came behind");
        assertThat(refusal("{\"inputs\":[{\"name\":\"scan\",\"datatype\":\"UINT8\",\"shape\":[1,2,3,1]}]}"))
                .contains("neither data");
        assertThat(refusal(ErrorCode.INVALID_REQUEST, () -> scans("""
                {"inputs":[{"name":"scan","datatype":"UINT8","shape":[1,2,3,1],"data":[0],
                 "parameters":{"binary_data_size":6}}]}""", new byte[6])))
                .contains("both");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "null",
                "[]",
                "7",
                "{",
                "{}",
                "{\"inputs\":null}",
                "{\"inputs\":[]}",
                "{\"inputs\":{}}",
                "{\"inputs\":[null]}",
                "{\"inputs\":[{}]}",
                "{\"inputs\":[{\"name\":7}]}",
                "{\"inputs\":[{\"name\":\"scan\",\"datatype\":\"UINT8\"}]}",
                "{\"inputs\":[{\"name\":\"scan\",\"datatype\":\"FP32\",\"shape\":[1,2,3,1],\"data\":[0,1,2,3,4,5]}]}",
                "{\"inputs\":[{\"name\":\"other\",\"datatype\":\"UINT8\",\"shape\":[1,2,3,1],\"data\":[0,1,2,3,4,5]}]}",
                "{\"inputs\":[{\"name\":\"scan\",\"datatype\":\"UINT8\",\"shape\":[1,2,3,1],\"data\":null}]}",
                "{\"id\":7,\"inputs\":[]}",
                "{\"parameters\":[],\"inputs\":[]}",
                "{\"parameters\":{\"binary_data_output\":\"yes\"},\"inputs\":[]}",
                "{\"outputs\":[{}],\"inputs\":[]}",
                "{\"inputs\":[],}",
                "{\"inputs\":[]} x",
                "\u0000\u0000\u0000{"
            })
    void refusesWhatIsNoRequest(String json) {
        assertThat(refusal(json)).isNotEmpty();
    }

    @Test
    void refusesOtherEncodingsAndBytesThatAreNone() {
        String request = scan("[1,2,3,1]", "[0,1,2,3,4,5]");
        for (String charset : List.of("UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE")) {
            byte[] body = request.getBytes(Charset.forName(charset));
            refusal(ErrorCode.INVALID_REQUEST, () -> scans(body, body.length));
        }
        byte[] body = utf8(request);
        body[4] = (byte) 0xff;
        refusal(ErrorCode.INVALID_REQUEST, () -> scans(body, body.length));
    }

    @Test
    void aByteOrderMarkDoesNotShiftTheData() {
        assertThat(scans("\ufeff" + scan("[1,2,3,1]", "[0,1,2,3,4,5]"))).containsExactly(new byte[] {0, 1, 2, 3, 4, 5});
    }

    @Test
    void depthIsBounded() {
        for (String open : List.of("[", "{\"a\":")) {
            assertThat(refusal("{\"x\":" + open.repeat(100_000))).contains("depth");
            assertThat(refusal(scan("[1,2,3,1]", "[" + open.repeat(100_000)))).contains("depth");
        }
    }

    @Test
    void tooManyInputsAreRefusedBeforeTheyAreHeld() {
        String input = "{\"name\":\"scan\",\"datatype\":\"UINT8\",\"shape\":[1,2,3,1],\"data\":[0,1,2,3,4,5]}";
        assertThat(refusal("{\"inputs\":[" + input + "," + input + "]}")).contains("2 of them");
        assertThat(refusal("{\"inputs\":[" + (input + ",").repeat(1000) + input + "]}"))
                .contains("more than");
    }

    @Test
    void whateverIsCutOrChangedIsRefusedOrRead() {
        byte[] body = utf8("{\"id\":\"1\",\"parameters\":{\"binary_data_output\":true},\"inputs\":[{\"name\":\"scan\","
                + "\"shape\":[1,2,3,1],\"datatype\":\"UINT8\",\"data\":[[[[0],[1],[2]],[[3],[4],[5]]]]}],"
                + "\"outputs\":[{\"name\":\"logits\",\"parameters\":{\"binary_data\":false}}]}");
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] changed = Arrays.copyOf(body, random.nextInt(4) == 0 ? random.nextInt(body.length) : body.length);
            for (int k = random.nextInt(4); k > 0 && changed.length > 0; k--) {
                changed[random.nextInt(changed.length)] =
                        random.nextBoolean() ? body[random.nextInt(body.length)] : (byte) random.nextInt();
            }
            int jsonBytes = random.nextInt(10) == 0 ? random.nextInt(changed.length + 1) : changed.length;
            try {
                scans(changed, jsonBytes);
                InferAnswer.to(RequestReader.read(changed, jsonBytes), VERSION, null, shapes());
            } catch (ScanstreamException e) {
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + new String(changed, StandardCharsets.UTF_8), e);
            }
        }
        assertThat(refused).isPositive();
    }

    private static Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("probabilities", new long[] {-1, 2});
        shapes.put("logits", new long[] {-1, 2, 1});
        return shapes;
    }

    private static InferAnswer answer(String rest) {
        byte[] request = utf8("{\"inputs\":[{\"name\":\"scan\",\"datatype\":\"UINT8\",\"shape\":[1]}]" + rest + "}");
        return InferAnswer.to(RequestReader.read(request, request.length), VERSION, null, shapes());
    }

    private static List<Map<String, float[]>> twoScans() {
        return List.of(
                Map.of("probabilities", new float[] {0.25f, 0.75f}, "logits", new float[] {-1.5f, 1e-7f}),
                Map.of("probabilities", new float[] {1, 0}, "logits", new float[] {3.4028235e38f, 0.1f}));
    }

    @Test
    void answersEveryOutputInJsonUnlessAskedOtherwise() throws Exception {
        InferAnswer.Body body = answer(",\"id\":\"a \\\" b\"").write(twoScans());

        assertThat(body.jsonBytes()).isNull();
        JsonNode json = Json.mapper().readTree(body.bytes());
        assertThat(json).isEqualTo(Json.mapper().readTree("""
                {"model_name":"tiny","model_version":"20260101-000000-00000001","id":"a \\" b","outputs":[
                  {"name":"probabilities","datatype":"FP32","shape":[2,2],"data":[0.25,0.75,1.0,0.0]},
                  {"name":"logits","datatype":"FP32","shape":[2,2,1],"data":[-1.5,1.0E-7,3.4028235E38,0.1]}]}"""));
    }

    @Test
    void answersInBinaryWhatIsAskedForSoInTheOrderOfTheRequest() throws Exception {
        InferAnswer answer = answer(",\"parameters\":{\"binary_data_output\":true},\"outputs\":[{\"name\":\"logits\"},"
                + "{\"name\":\"probabilities\",\"parameters\":{\"binary_data\":false}}]");
        InferAnswer.Body body = answer.write(twoScans());

        assertThat(body.jsonBytes()).isNotNull();
        JsonNode json = Json.mapper().readTree(Arrays.copyOf(body.bytes(), body.jsonBytes()));
        assertThat(json.has("id")).isFalse();
        assertThat(json.at("/outputs/0/name").asText()).isEqualTo("logits");
        assertThat(json.at("/outputs/0/parameters/binary_data_size").asInt()).isEqualTo(16);
        assertThat(json.at("/outputs/0").has("data")).isFalse();
        assertThat(json.at("/outputs/1/data").size()).isEqualTo(4);
        ByteBuffer behind =
                ByteBuffer.wrap(body.bytes()).order(ByteOrder.LITTLE_ENDIAN).position(body.jsonBytes());
        assertThat(List.of(behind.getFloat(), behind.getFloat(), behind.getFloat(), behind.getFloat()))
                .containsExactly(-1.5f, 1e-7f, 3.4028235e38f, 0.1f);
        assertThat(behind.hasRemaining()).isFalse();
        assertThat((long) body.bytes().length).isLessThan(answer.bytes(2) + 1000);
        assertThat(answer.names()).containsExactlyInAnyOrder("logits", "probabilities");
    }

    @Test
    void refusesOutputsThatTheModelDoesNotHave() {
        assertThat(refusal(ErrorCode.INVALID_REQUEST, () -> answer(",\"outputs\":[{\"name\":\"nothing\"}]")))
                .contains("'nothing' is unknown", "probabilities, logits");
        assertThat(refusal(
                        ErrorCode.INVALID_REQUEST,
                        () -> answer(",\"outputs\":[{\"name\":\"logits\"},{\"name\":\"logits\"}]")))
                .contains("twice");
    }

    @Test
    void whatIsNoNumberGoesInBinaryOnly() {
        List<Map<String, float[]>> scan = List.of(Map.of(
                "probabilities", new float[] {Float.NaN, 1}, "logits", new float[] {Float.POSITIVE_INFINITY, 1}));

        assertThat(refusal(ErrorCode.INTERNAL, () -> answer("").write(scan))).contains("NaN", "binary_data");
        InferAnswer.Body body =
                answer(",\"parameters\":{\"binary_data_output\":true}").write(scan);
        assertThat(body.bytes()).hasSize(body.jsonBytes() + 16);
    }

    @Test
    void aBodyWithoutJsonIsOneScanAnsweredInBinary() {
        InferRequest request = InferRequest.raw(SIZE, 6);
        byte[] body = {0, 1, 2, 3, 4, 5};

        assertThat(ScanBatch.of(request, SIZE, 0, 6, MOST_SCANS).read(body, MOST_IMAGE_BYTES))
                .containsExactly(body);
        assertThat(request.binaryOutputs()).isTrue();
        assertThat(refusal(
                        ErrorCode.INVALID_REQUEST, () -> ScanBatch.of(InferRequest.raw(SIZE, 5), SIZE, 0, 5, MOST_SCANS)
                                .read(new byte[5], 9)))
                .contains("6 bytes, but 5 came");
    }
}
