package io.scanstream.trainer.evaluation;

import ai.djl.engine.Engine;
import ai.onnxruntime.OrtEnvironment;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;

/** What a model was made with. */
final class Versions {

    /** Of this program; {@code development} when it does not run from its jar. */
    static String scanstream() {
        String version = Versions.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    static Map<String, String> all() {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("scanstream", scanstream());
        versions.put("libtorch", torch.TORCH_VERSION);
        versions.put("djl", Engine.getDjlVersion());
        versions.put("onnxruntime", OrtEnvironment.getEnvironment().getVersion());
        versions.put("java", Runtime.version().toString());
        return versions;
    }

    private Versions() {}
}
