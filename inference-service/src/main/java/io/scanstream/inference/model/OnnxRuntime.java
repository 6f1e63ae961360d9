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
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ONNX Runtime in this process, and the choice of where models run. On CUDA, TF32 is off: scores stay within 1e-3 of the
 * CPU's.
 */
public final class OnnxRuntime {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntime.class);

    private static final OrtLoggingLevel LOG_LEVEL = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
    private static final String NAME = "scanstream";
    private static boolean kept;

    private static final List<String> CUDNN_SEARCHES = List.of("HEURISTIC", "EXHAUSTIVE", "DEFAULT");

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
        this.environment = OrtEnvironment.getEnvironment(LOG_LEVEL, NAME);
        keepUntilTheProcessEnds();
        if (settings.device() != Device.CPU) {
            String missing = missingForCuda();
            this.cuda = missing.isEmpty();
            if (!cuda) {
                withoutCuda(missing);
            }
        }
        LOG.info("Models run on {} with ONNX Runtime {}.", device(), environment.getVersion());
    }

    /**
     * ONNX Runtime frees its environment in a shutdown hook of its own (1.28.0, {@code OrtEnvironment.OrtEnvCloser}), while
     * ours still drains. Runs go on with what was freed: whatever they log is a SIGSEGV, and of some networks every run
     * logs. Its API knows no other way to keep the environment than a second reference, which is never given back.
     */
    private static synchronized void keepUntilTheProcessEnds() {
        if (kept) {
            return;
        }
        kept = true;
        try {
            Field api = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("ortApiHandle");
            Method create = OrtEnvironment.class.getDeclaredMethod("createHandle", long.class, int.class, String.class);
            api.setAccessible(true);
            create.setAccessible(true);
            create.invoke(null, api.getLong(null), LOG_LEVEL.getValue(), NAME);
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.warn("ONNX Runtime's environment cannot be kept: a run while the process ends may crash it.", e);
        }
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

    /**
     * One of the ways to open a session.
     *
     * @param threads of a run on the CPU
     * @param cudnnSearch how cuDNN chooses its convolutions, in the words of ONNX Runtime; for CUDA only
     */
    record Variant(int threads, String cudnnSearch) {
        @Override
        public String toString() {
            return threads + (threads == 1 ? " thread" : " threads");
        }
    }

    /** A session of a model file, and where it runs. Caller closes. */
    record Opened(OrtSession session, Device device, Variant variant) {}

    /**
     * The variants that are worth measuring here, the one that needs no measuring first: on the CPU fewer threads for each
     * run and more runs side by side; on CUDA the ways in which cuDNN looks for its convolutions.
     */
    List<Variant> variants() {
        if (cuda) {
            return CUDNN_SEARCHES.stream()
                    .map(search -> new Variant(cores(), search))
                    .toList();
        }
        if (settings.threads() > 0) {
            return List.of(new Variant(settings.threads(), CUDNN_SEARCHES.get(0)));
        }
        List<Variant> variants = new ArrayList<>();
        for (int threads = cores(); threads > 1; threads /= 2) {
            variants.add(new Variant(threads, CUDNN_SEARCHES.get(0)));
        }
        variants.add(new Variant(1, CUDNN_SEARCHES.get(0)));
        return variants;
    }

    /** Of this machine or container. */
    static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** Opens a model file; where CUDA turns out not to work and need not, on the CPU from now on. */
    Opened open(Path onnx, Variant variant) throws OrtException {
        if (cuda) {
            try {
                return new Opened(session(onnx, variant, true), Device.CUDA, variant);
            } catch (OrtException e) {
                if (settings.device() == Device.CUDA) {
                    throw e;
                }
                OrtSession onCpu = session(onnx, variant, false);
                cuda = false;
                withoutCuda(String.valueOf(e.getMessage()).strip());
                return new Opened(onCpu, Device.CPU, variant);
            }
        }
        return new Opened(session(onnx, variant, false), Device.CPU, variant);
    }

    private OrtSession session(Path onnx, Variant variant, boolean onCuda) throws OrtException {
        try (SessionOptions options = new SessionOptions()) {
            options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
            options.setInterOpNumThreads(1);
            options.setIntraOpNumThreads(variant.threads());
            // Idle threads must not spin: decoding needs the cores.
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            if (onCuda) {
                addCuda(options, variant.cudnnSearch());
            }
            return environment.createSession(onnx.toString(), options);
        }
    }

    private static void addCuda(SessionOptions options, String cudnnSearch) throws OrtException {
        try (OrtCUDAProviderOptions provider = new OrtCUDAProviderOptions(0)) {
            provider.add("use_tf32", "0");
            provider.add("cudnn_conv_algo_search", cudnnSearch);
            options.addCUDA(provider);
        }
    }

    /** What CUDA lacks here; empty if nothing is known to be missing. */
    private static String missingForCuda() {
        if (!OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)) {
            return "this build has no CUDA provider (build with -Pcuda)";
        }
        try (SessionOptions options = new SessionOptions()) {
            addCuda(options, CUDNN_SEARCHES.get(0));
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
