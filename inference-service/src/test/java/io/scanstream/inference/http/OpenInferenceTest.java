package io.scanstream.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.hamcrest.Matchers.containsString;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.scanstream.contracts.Json;
import io.scanstream.inference.TinyModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The Open Inference Protocol over HTTP, as kserve/open-inference-protocol's {@code inference_rest.md} and {@code
 * open_inference_rest.yaml} and Triton's {@code extension_binary_data.md} have it.
 */
@QuarkusTest
@QuarkusTestResource(ClusterResource.class)
class OpenInferenceTest {
    private static final String INFER = "/v2/models/tiny/infer";
    private static final String JSON_BYTES = "Inference-Header-Content-Length";
    private static final int ROW = TinyModel.SIDE * TinyModel.SIDE * 3;

    /** What each of the specification's answers must have, {@code required} in its OpenAPI document. */
    private static final Map<String, List<String>> REQUIRED = Map.of(
            "metadata_server_response", List.of("name", "version", "extensions"),
            "metadata_model_response", List.of("name", "platform"),
            "metadata_tensor", List.of("name", "datatype", "shape"),
            "inference_response", List.of("model_name", "outputs"),
            "response_output", List.of("name", "shape", "datatype", "data"),
            "error", List.of("error"));

    @BeforeEach
    void awaitReady() {
        EdgeTests.awaitReady();
    }

    @AfterEach
    void leavesNothingBehind() {
        EdgeTests.awaitEmpty();
    }

    private static JsonNode conforming(String schema, JsonNode answer) {
        assertThat(answer.isObject()).isTrue();
        assertThat(answer.fieldNames()).toIterable().as(schema).containsAll(REQUIRED.get(schema));
        return answer;
    }

    private static JsonNode get(String path, int status) throws IOException {
        Response response = EdgeTests.request().get(path);
        assertThat(response.statusCode()).as(path + ": " + response.asString()).isEqualTo(status);
        assertThat(response.contentType()).startsWith("application/json");
        return Json.mapper().readTree(response.asByteArray());
    }

    private static RequestSpecification post(String body) {
        return EdgeTests.request().contentType("application/json").body(body);
    }

    private static RequestSpecification post(String json, byte[] behind) {
        byte[] head = json.getBytes(StandardCharsets.UTF_8);
        byte[] body = Arrays.copyOf(head, head.length + behind.length);
        System.arraycopy(behind, 0, body, head.length, behind.length);
        return EdgeTests.request()
                .contentType("application/octet-stream")
                .header(JSON_BYTES, head.length)
                .body(body);
    }

    private static JsonNode inferred(RequestSpecification request) throws IOException {
        Response response = request.post(INFER);
        assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
        assertThat(response.header(JSON_BYTES)).isNull();
        JsonNode answer = conforming("inference_response", Json.mapper().readTree(response.asByteArray()));
        answer.get("outputs").forEach(output -> conforming("response_output", output));
        return answer;
    }

    private static void refused(RequestSpecification request, String path, int status, String message) {
        Response response = request.post(path);
        assertThat(response.statusCode()).as(response.asString()).isEqualTo(status);
        response.then().contentType("application/json").body("error", containsString(message));
    }

    /** As the model takes it: one colour for each scan of a batch. */
    private static byte[] pixels(int[]... colours) {
        byte[] batch = new byte[colours.length * ROW];
        for (int i = 0; i < batch.length; i++) {
            batch[i] = (byte) colours[i / ROW][i % 3];
        }
        return batch;
    }

    private static String scan(int batch, String data) {
        return "\"inputs\":[{\"name\":\"scan\",\"shape\":[%d,16,16,3],\"datatype\":\"UINT8\",%s}]"
                .formatted(batch, data);
    }

    private static String numbers(byte[] values) {
        return IntStream.range(0, values.length)
                .mapToObj(i -> Integer.toString(values[i] & 0xff))
                .collect(Collectors.joining(",", "\"data\":[", "]"));
    }

    private static String behind(int bytes) {
        return "\"parameters\":{\"binary_data_size\":" + bytes + "}";
    }

    private static void isOf(JsonNode values, int scan, int... colour) {
        double[] expected = TinyModel.probabilities(colour);
        for (int k = 0; k < 3; k++) {
            assertThat(values.get(3 * scan + k).asDouble()).isCloseTo(expected[k], within(1e-5));
        }
    }

    private static JsonNode output(JsonNode answer, String name) {
        for (JsonNode output : answer.get("outputs")) {
            if (output.get("name").asText().equals(name)) {
                return output;
            }
        }
        throw new AssertionError("no output " + name + " in " + answer);
    }

    @Test
    void saysWhatTheServerIsAndThatItIsReady() throws IOException {
        JsonNode server = conforming("metadata_server_response", get("/v2", 200));
        assertThat(server.get("extensions")).extracting(JsonNode::asText).containsExactly("binary_tensor_data");
        assertThat(get("/v2/", 200)).isEqualTo(server);
        assertThat(get("/v2/health/live", 200).get("live").asBoolean()).isTrue();
        assertThat(get("/v2/health/ready", 200).get("ready").asBoolean()).isTrue();
    }

    @Test
    void saysWhichModelsAreReady() throws IOException {
        JsonNode ready = get("/v2/models/tiny/ready", 200);
        assertThat(ready.get("name").asText()).isEqualTo("tiny");
        assertThat(ready.get("ready").asBoolean()).isTrue();
        get("/v2/models/tiny/versions/" + ClusterResource.CHAMPION + "/ready", 200);
        assertThat(get("/v2/models/refused/ready", 503).get("ready").asBoolean())
                .isFalse();
        conforming("error", get("/v2/models/nobody/ready", 404));
        conforming("error", get("/v2/models/tiny/versions/20200101-000000-00000000/ready", 404));
        conforming("error", get("/v2/models/No%20Name/ready", 400));
    }

    @Test
    void describesAModel() throws IOException {
        JsonNode model = conforming("metadata_model_response", get("/v2/models/tiny", 200));
        assertThat(model.get("name").asText()).isEqualTo("tiny");
        assertThat(model.get("platform").asText()).isEqualTo("onnxruntime_onnx");
        assertThat(model.get("versions")).extracting(JsonNode::asText).contains(ClusterResource.CHAMPION);
        assertThat(model.get("properties").get("version").asText()).isEqualTo(ClusterResource.CHAMPION);
        assertThat(model.get("inputs")).hasSize(1);
        assertThat(conforming("metadata_tensor", model.get("inputs").get(0)))
                .isEqualTo(Json.mapper().readTree("{\"name\":\"scan\",\"datatype\":\"UINT8\",\"shape\":[-1,16,16,3]}"));
        assertThat(conforming("metadata_tensor", output(model, "probabilities")))
                .isEqualTo(
                        Json.mapper().readTree("{\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[-1,3]}"));

        String other = "/v2/models/tiny/versions/" + ClusterResource.OTHER;
        assertThat(get(other, 200).get("properties").get("version").asText()).isEqualTo(ClusterResource.OTHER);
        get(other + "/ready", 200);
        assertThat(output(get("/v2/models/outlines", 200), "probabilities").get("shape"))
                .extracting(JsonNode::asInt)
                .containsExactly(-1, 3, 16, 16);
        conforming("error", get("/v2/models/nobody", 404));
        conforming("error", get("/v2/models/tiny/versions/20200101-000000-00000000", 404));
    }

    @Test
    void whatIsNamedAnswers() throws IOException {
        String scan = "{" + scan(1, numbers(pixels(new int[] {200, 150, 30}))) + "}";

        for (String other : List.of("?alias=" + ClusterResource.CHALLENGER, "?version=" + ClusterResource.OTHER)) {
            assertThat(version(post(scan), INFER + other)).isEqualTo(ClusterResource.OTHER);
            assertThat(get("/v2/models/tiny" + other, 200)
                            .get("properties")
                            .get("version")
                            .asText())
                    .isEqualTo(ClusterResource.OTHER);
            get("/v2/models/tiny/ready" + other, 200);
        }
        assertThat(version(post(scan), INFER + "?alias=champion")).isEqualTo(ClusterResource.CHAMPION);
        refused(post(scan), INFER + "?alias=nothing", 404, "nothing");
        refused(post(scan), INFER + "?alias=champion&version=" + ClusterResource.OTHER, 400, "once");
        String inPath = "/v2/models/tiny/versions/" + ClusterResource.OTHER + "/infer";
        refused(post(scan), inPath + "?alias=champion", 400, "once");
        refused(post(scan), inPath + "?version=" + ClusterResource.OTHER, 400, "once");
        conforming("error", get("/v2/models/tiny/ready?alias=nothing", 404));
    }

    @Test
    void aHeaderThatARuleNamesChoosesTheArm() throws IOException {
        String scan = "{" + scan(1, numbers(pixels(new int[] {200, 150, 30}))) + "}";

        JsonNode ruled = inferred(post(scan).header(ClusterResource.COHORT, "b"));
        assertThat(ruled.get("model_version").asText()).isEqualTo(ClusterResource.OTHER);
        assertThat(ruled.get("parameters").get("arm").asText()).isEqualTo(ClusterResource.CHALLENGER);
        JsonNode other = inferred(post(scan).header(ClusterResource.COHORT, "a"));
        assertThat(other.get("model_version").asText()).isEqualTo(ClusterResource.CHAMPION);
        assertThat(other.has("parameters")).isFalse();
    }

    private static String version(RequestSpecification request, String path) throws IOException {
        Response response = request.post(path);
        assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
        return Json.mapper()
                .readTree(response.asByteArray())
                .get("model_version")
                .asText();
    }

    @Test
    void infersInJson() throws IOException {
        String request = "{\"id\":\"42\",\"parameters\":{\"priority\":1},"
                + scan(2, numbers(pixels(new int[] {200, 150, 30}, new int[] {1, 2, 250}))) + "}";

        JsonNode answer = inferred(post(request));

        assertThat(answer.get("id").asText()).isEqualTo("42");
        assertThat(answer.get("model_name").asText()).isEqualTo("tiny");
        assertThat(answer.get("model_version").asText()).isEqualTo(ClusterResource.CHAMPION);
        assertThat(answer.get("outputs"))
                .extracting(output -> output.get("name").asText())
                .containsExactly("probabilities", "logits");
        JsonNode probabilities = output(answer, "probabilities");
        assertThat(probabilities.get("shape")).extracting(JsonNode::asInt).containsExactly(2, 3);
        assertThat(probabilities.get("datatype").asText()).isEqualTo("FP32");
        assertThat(probabilities.get("data")).hasSize(6);
        isOf(probabilities.get("data"), 0, 200, 150, 30);
        isOf(probabilities.get("data"), 1, 1, 2, 250);
    }

    @Test
    void infersWithoutAContentTypeAndWithAVersion() {
        byte[] body = ("{" + scan(1, numbers(pixels(new int[] {1, 2, 3}))) + "}").getBytes(StandardCharsets.UTF_8);
        // Clients of Triton send none.
        try (RawClient client = new RawClient(RestAssured.port)) {
            RawClient.Answer answer = client.head(
                            "POST /v2/models/tiny/versions/" + ClusterResource.OTHER + "/infer HTTP/1.1",
                            "Host: localhost",
                            "Content-Length: " + body.length)
                    .bytes(body)
                    .answer();
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).contains("\"model_version\":\"" + ClusterResource.OTHER + "\"");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void infersInBinaryWhatItInfersInJson() throws IOException {
        byte[] pixels = pixels(new int[] {200, 150, 30}, new int[] {1, 2, 250}, new int[] {9, 200, 4});
        JsonNode json = inferred(post("{" + scan(3, numbers(pixels)) + "}"));

        Response response = post(
                        "{\"id\":\"b\",\"parameters\":{\"binary_data_output\":true}," + scan(3, behind(pixels.length))
                                + ",\"outputs\":[{\"name\":\"logits\"},"
                                + "{\"name\":\"probabilities\",\"parameters\":{\"binary_data\":true}}]}",
                        pixels)
                .post(INFER);

        assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
        assertThat(response.contentType()).isEqualTo("application/octet-stream");
        byte[] body = response.asByteArray();
        assertThat(response.header("Content-Length")).isEqualTo(Integer.toString(body.length));
        int head = Integer.parseInt(response.header(JSON_BYTES));
        JsonNode answer = Json.mapper().readTree(Arrays.copyOf(body, head));
        assertThat(answer.get("id").asText()).isEqualTo("b");
        assertThat(answer.at("/outputs/0/name").asText()).isEqualTo("logits");
        ByteBuffer values = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).position(head);
        for (JsonNode output : answer.get("outputs")) {
            assertThat(output.get("parameters").get("binary_data_size").asInt()).isEqualTo(3 * 3 * 4);
            JsonNode expected = output(json, output.get("name").asText()).get("data");
            for (JsonNode value : expected) {
                assertThat((double) values.getFloat()).isCloseTo(value.asDouble(), within(1e-5));
            }
        }
        assertThat(values.hasRemaining()).isFalse();
    }

    @Test
    void aBodyWithoutJsonIsOneScan() throws IOException {
        Response response = post("", pixels(new int[] {200, 150, 30})).post(INFER);

        assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
        int head = Integer.parseInt(response.header(JSON_BYTES));
        JsonNode answer = Json.mapper().readTree(Arrays.copyOf(response.asByteArray(), head));
        assertThat(output(answer, "probabilities").get("shape"))
                .extracting(JsonNode::asInt)
                .containsExactly(1, 3);
        assertThat(response.asByteArray()).hasSize(head + 2 * 3 * 4);
        refused(post("", new byte[ROW - 1]), INFER, 400, "768 bytes");
    }

    @Test
    void takesEncodedImages() throws IOException {
        byte[] red = TinyModel.png(200, 150, 30, 33, 21);
        byte[] blue = TinyModel.png(1, 2, 250, 7, 40);
        ByteBuffer framed = ByteBuffer.allocate(8 + red.length + blue.length).order(ByteOrder.LITTLE_ENDIAN);
        framed.putInt(red.length).put(red).putInt(blue.length).put(blue);
        String image = "{\"inputs\":[{\"name\":\"image\",\"shape\":[2],\"datatype\":\"BYTES\",%s}]}";
        String base64 = "\"data\":[\"" + Base64.getEncoder().encodeToString(red) + "\",\""
                + Base64.getEncoder().encodeToString(blue) + "\"]";

        for (JsonNode answer : List.of(
                inferred(post(image.formatted(base64))),
                inferred(post(image.formatted(behind(framed.capacity())), framed.array())))) {
            JsonNode probabilities = output(answer, "probabilities");
            assertThat(probabilities.get("shape")).extracting(JsonNode::asInt).containsExactly(2, 3);
            isOf(probabilities.get("data"), 0, 200, 150, 30);
            isOf(probabilities.get("data"), 1, 1, 2, 250);
        }
        refused(post(image.formatted("\"data\":[\"AAAA\",\"\"]")), INFER, 400, "image");
    }

    @Test
    void aBatchLargerThanARunComesBackWhole() throws IOException {
        int[][] colours = new int[ClusterResource.REQUEST_IMAGES][];
        for (int i = 0; i < colours.length; i++) {
            colours[i] = new int[] {i, 2 * i, 200 - i};
        }
        byte[] pixels = pixels(colours);

        JsonNode answer = inferred(post("{" + scan(colours.length, behind(pixels.length)) + "}", pixels));

        JsonNode probabilities = output(answer, "probabilities").get("data");
        assertThat(probabilities).hasSize(3 * colours.length);
        for (int i = 0; i < colours.length; i++) {
            isOf(probabilities, i, colours[i]);
        }
    }

    @Test
    void aSegmentersOutputsHaveAllTheirDimensions() throws IOException {
        Response response = post("{\"outputs\":[{\"name\":\"probabilities\"}],"
                        + scan(2, numbers(pixels(new int[] {200, 150, 30}, new int[] {1, 2, 250}))) + "}")
                .post("/v2/models/outlines/infer");
        assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
        JsonNode output =
                Json.mapper().readTree(response.asByteArray()).get("outputs").get(0);
        assertThat(output.get("shape")).extracting(JsonNode::asInt).containsExactly(2, 3, 16, 16);
        assertThat(output.get("data")).hasSize(2 * 3 * 16 * 16);
    }

    @Test
    void saysWhatIsWrong() {
        byte[] pixels = pixels(new int[] {1, 2, 3});
        String good = "{" + scan(1, numbers(pixels)) + "}";
        refused(post(good), "/v2/models/nobody/infer", 404, "nobody");
        refused(post(good), "/v2/models/tiny/versions/20200101-000000-00000000/infer", 404, "tiny");
        refused(post(good), "/v2/models/refused/infer", 409, "golden");
        refused(post(good), "/v2/models/No%20Name/infer", 400, "model");
        refused(post("{}"), INFER, 400, "inputs");
        refused(post("not json"), INFER, 400, "JSON");
        refused(post(""), INFER, 400, "request");
        refused(post("{" + scan(-1, numbers(pixels)) + "}"), INFER, 400, "shape");
        refused(post("{" + scan(2, numbers(pixels)) + "}"), INFER, 400, "fewer");
        refused(post(good.replace("UINT8", "FP32")), INFER, 400, "FP32");
        refused(post(good.replace("\"scan\"", "\"other\"")), INFER, 400, "other");
        refused(post("{\"outputs\":[{\"name\":\"other\"}]," + scan(1, numbers(pixels)) + "}"), INFER, 400, "other");
        refused(post("{\"x\":" + "[".repeat(500_000)), INFER, 400, "depth");
        refused(post(new String(new char[ClusterResource.REQUEST_BYTES + 1])), INFER, 413, "limit");
        refused(post("{" + scan(101, behind(0)) + "}", new byte[0]), INFER, 413, "at most 100");
        for (String bytes : List.of("-1", "1000000", "99999999999999999999", "x")) {
            refused(post(good).header(JSON_BYTES, bytes), INFER, 400, JSON_BYTES);
        }
        refused(post(good).header(JSON_BYTES, "10"), INFER, 400, "JSON");
        refused(post(good).header("Content-Encoding", "gzip"), INFER, 415, "Content-Encoding");
    }

    @Test
    void whatTheFrameworkRefusesIsAnErrorOfTheProtocolToo() throws IOException {
        conforming("error", get("/v2/nothing", 404));
        conforming("error", get("/v2/models", 404));
        conforming("error", get(INFER, 405));
        refused(post("{}"), "/v2/models/tiny", 405, "");
        refused(post("{}").accept("text/csv"), INFER, 406, "");
    }
}
