package io.scanstream.inference.http.v2;

import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The JSON part of an inference request.
 *
 * @param id to be repeated in the answer
 * @param binaryOutputs whether outputs that do not say themselves are answered in binary
 * @param inputs at least one
 * @param outputs those that are asked for; none: all of them
 */
public record InferRequest(@Nullable String id, boolean binaryOutputs, List<Input> inputs, List<Output> outputs) {
    public InferRequest {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /**
     * What a body means that is nothing but one scan: the extension's raw binary request, which is answered in binary.
     *
     * @param size the model's input
     */
    public static InferRequest raw(Preprocessing size, int bodyBytes) {
        List<Long> one = List.of(1L, (long) size.heightPx(), (long) size.widthPx(), (long) size.channels());
        Input scan = new Input(OnnxMetadata.INPUT_SCAN, "UINT8", one, -1, (long) bodyBytes);
        return new InferRequest(null, true, List.of(scan), List.of());
    }

    /**
     * An input tensor.
     *
     * @param shape as the client has it: any numbers
     * @param data where its JSON array begins in the body, in bytes; -1 without
     * @param binaryBytes how many bytes of it lie behind the JSON; absent: none
     */
    public record Input(
            String name,
            String datatype,
            List<Long> shape,
            int data,
            @Nullable Long binaryBytes) {
        public Input {
            shape = List.copyOf(shape);
        }
    }

    /**
     * A requested output.
     *
     * @param binary absent: as the request says for all
     */
    public record Output(String name, @Nullable Boolean binary) {}
}
