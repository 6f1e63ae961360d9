package io.scanstream.inference.model;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ONNX Runtime's one environment, kept until the process is gone. ONNX Runtime frees it in a shutdown hook of its own
 * (1.28.0, {@code OrtEnvironment.OrtEnvCloser}), while ours still drains. Runs then go on with what was freed: whatever
 * they log is a SIGSEGV, and of some networks every run logs. Its API knows no other way to keep the environment than a
 * second reference, which is never given back.
 */
final class KeptEnvironment {
    private static final Logger LOG = LoggerFactory.getLogger(KeptEnvironment.class);

    private static final OrtLoggingLevel LEVEL = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
    private static final String NAME = "scanstream";
    private static boolean kept;

    static synchronized OrtEnvironment get() {
        OrtEnvironment environment = OrtEnvironment.getEnvironment(LEVEL, NAME);
        if (!kept) {
            kept = true;
            keep();
        }
        return environment;
    }

    private static void keep() {
        try {
            Field api = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("ortApiHandle");
            Method create = OrtEnvironment.class.getDeclaredMethod("createHandle", long.class, int.class, String.class);
            api.setAccessible(true);
            create.setAccessible(true);
            create.invoke(null, api.getLong(null), LEVEL.getValue(), NAME);
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.warn("ONNX Runtime's environment cannot be kept: a run while the process ends may crash it.", e);
        }
    }

    private KeptEnvironment() {}
}
