package io.scanstream.inference.model;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.model.OnnxSettings.Device;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ONNX Runtime in this process, and the choice of where models run. On CUDA, TF32 is off: scores stay within 1e-3 of the
 * CPU's.
 */
public final class OnnxRuntime {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntime.class);

    private final OrtEnvironment environment;
    private final OnnxSettings settings;
    private volatile boolean cuda;

    /**
     * Loads the runtime and chooses the device.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} if CUDA is demanded and cannot be had
     */
    public OnnxRuntime(OnnxSettings settings) {
        this.settings = settings;
        this.environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "scanstream");
        if (settings.device() != Device.CPU) {
            String missing = missingForCuda();
            this.cuda = missing.isEmpty();
            if (!cuda) {
                withoutCuda(missing);
            }
        }
        LOG.info("Models run on {} with ONNX Runtime {}.", device(), environment.getVersion());
    }

    /** {@code CUDA} or {@code CPU}. */
    public Device device() {
        return cuda ? Device.CUDA : Device.CPU;
    }

    OrtEnvironment environment() {
        return environment;
    }

    OnnxSettings settings() {
        return settings;
    }

    /** A session of a model file, and where it runs. Caller closes. */
    record Opened(OrtSession session, Device device) {}

    /** Opens a model file; where CUDA turns out not to work and need not, on the CPU from now on. */
    Opened open(Path onnx) throws OrtException {
        if (cuda) {
            try {
                return new Opened(session(onnx, true), Device.CUDA);
            } catch (OrtException e) {
                if (settings.device() == Device.CUDA) {
                    throw e;
                }
                OrtSession onCpu = session(onnx, false);
                cuda = false;
                withoutCuda(String.valueOf(e.getMessage()).strip());
                return new Opened(onCpu, Device.CPU);
            }
        }
        return new Opened(session(onnx, false), Device.CPU);
    }

    private OrtSession session(Path onnx, boolean onCuda) throws OrtException {
        try (SessionOptions options = new SessionOptions()) {
            options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
            options.setInterOpNumThreads(1);
            options.setIntraOpNumThreads(threads());
            // Idle threads must not spin: decoding needs the cores.
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            if (onCuda) {
                addCuda(options);
            }
            return environment.createSession(onnx.toString(), options);
        }
    }

    private int threads() {
        return settings.threads() == 0 ? Runtime.getRuntime().availableProcessors() : settings.threads();
    }

    private static void addCuda(SessionOptions options) throws OrtException {
        try (OrtCUDAProviderOptions provider = new OrtCUDAProviderOptions(0)) {
            provider.add("use_tf32", "0");
            options.addCUDA(provider);
        }
    }

    /** What CUDA lacks here; empty if nothing is known to be missing. */
    private static String missingForCuda() {
        if (!OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)) {
            return "this build has no CUDA provider (build with -Pcuda)";
        }
        try (SessionOptions options = new SessionOptions()) {
            addCuda(options);
            return "";
        } catch (OrtException e) {
            return String.valueOf(e.getMessage()).strip();
        }
    }

    private void withoutCuda(String reason) {
        if (settings.device() == Device.CUDA) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.device is cuda, but CUDA cannot be used: " + reason
                            + ". Say auto or cpu, or install it.");
        }
        LOG.info("CUDA cannot be used: {}. Models run on the CPU.", reason);
    }
}
