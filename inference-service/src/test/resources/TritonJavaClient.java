import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import triton.client.InferInput;
import triton.client.InferRequestedOutput;
import triton.client.InferResult;
import triton.client.InferenceException;
import triton.client.InferenceServerClient;
import triton.client.InferenceServerClient.InferArguments;
import triton.client.pojo.DataType;
import triton.client.pojo.IOTensor;

/**
 * What NVIDIA's client for Java gets for scans of one colour each, as JSON:
 * {@code java -cp CLIENT.jar TritonJavaClient.java HOST:PORT MODEL VERSION SIDE COLOUR…}, a colour as {@code 1,2,3}.
 */
public final class TritonJavaClient {
    private static final int TIMEOUT_MS = 20_000;

    public static void main(String[] arguments) throws Exception {
        String model = arguments[1];
        int side = Integer.parseInt(arguments[3]);
        List<String> colours = List.of(arguments).subList(4, arguments.length);
        Map<String, Object> seen = new LinkedHashMap<>();
        try (InferenceServerClient client = new InferenceServerClient(arguments[0], TIMEOUT_MS, TIMEOUT_MS)) {
            client.setRetryCnt(1);
            for (boolean binary : new boolean[] {true, false}) {
                InferArguments asked = new InferArguments(
                                model,
                                List.of(scans(colours, side, side, binary)),
                                List.of(
                                        new InferRequestedOutput("probabilities", binary),
                                        new InferRequestedOutput("logits", binary)))
                        .setModelVersion(arguments[2])
                        .setRequestId("an-id");
                seen.put(binary ? "binary" : "json", seen(client.infer(asked)));
            }
            seen.put("unnamed", seen(client.infer(new InferArguments(model, scans(colours, side, side, true)))));
            seen.put("wrongShape", refusal(client, model, scans(colours, side, side + 1, true)));
            seen.put("unknownModel", refusal(client, "nobody", scans(colours, side, side, true)));
        }
        System.out.println(new ObjectMapper().writeValueAsString(seen));
    }

    private static InferInput scans(List<String> colours, int height, int width, boolean binary) {
        byte[] pixels = new byte[colours.size() * height * width * 3];
        for (int i = 0; i < pixels.length; i++) {
            String[] colour = colours.get(i / (height * width * 3)).split(",");
            pixels[i] = (byte) Integer.parseInt(colour[i % 3]);
        }
        InferInput scans = new InferInput("scan", new long[] {colours.size(), height, width, 3}, DataType.UINT8);
        scans.setData(pixels, binary);
        return scans;
    }

    private static Map<String, Object> seen(InferResult result) {
        Map<String, Object> seen = new LinkedHashMap<>();
        seen.put("id", result.getResponse().getId());
        seen.put("model", result.getResponse().getModelName());
        seen.put("version", result.getResponse().getModelVersion());
        List<String> names = new ArrayList<>();
        for (IOTensor output : result.getResponse().getOutputs()) {
            names.add(output.getName());
            seen.put(output.getName() + "Shape", output.getShape());
            seen.put(output.getName(), result.getOutputAsFloat(output.getName()));
        }
        seen.put("outputs", names);
        return seen;
    }

    private static String refusal(InferenceServerClient client, String model, InferInput scans) {
        try {
            client.infer(new InferArguments(model, scans));
            return "none";
        } catch (InferenceException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
