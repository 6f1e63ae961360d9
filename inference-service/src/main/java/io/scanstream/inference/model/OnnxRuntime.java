package io.scanstream.inference.model;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import ai.onnxruntime.providers.OrtTensorRTProviderOptions;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.OnnxSettings.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ONNX Runtime in this process, and the choice of where models run: {@link Provider}. A provider that works is used for every
 * model; one that does not take a single model is left for that model alone. What cannot be used is told in one line of the
 * log, with what is used instead.
 */
public final class OnnxRuntime {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntime.class);

    private static final List<String> CUDNN_SEARCHES = List.of("HEURISTIC", "EXHAUSTIVE", "DEFAULT");

    private final OrtEnvironment environment;
    private final OnnxSettings settings;
    private final @Nullable TensorRtEngines engines;
    private final SessionSource sessions;
    private final Provider provider;

    /** Opens a session where it is told to, or fails. */
    interface SessionSource {
        OrtSession open(ModelFile file, Variant variant, Provider on) throws OrtException;
    }

    /**
     * Loads the runtime and chooses the device.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} if CUDA is demanded and cannot be had
     */
    public OnnxRuntime(OnnxSettings settings) {
        this.settings = settings;
        this.environment = KeptEnvironment.get();
        this.engines = settings.tensorRtEngines() == null ? null : new TensorRtEngines(settings.tensorRtEngines());
        this.sessions = this::session;
        this.provider = settings.device() == Device.CPU ? Provider.CPU : chosen();
        LOG.info("Models run on {} with ONNX Runtime {}.", provider, environment.getVersion());
        if (!provider.isGpu()) {
            tellOfWhatNeedsAGpu();
        }
    }

    /** With a provider that is known to work, and sessions from elsewhere. */
    OnnxRuntime(OnnxSettings settings, Provider provider, SessionSource sessions) {
        this.settings = settings;
        this.environment = KeptEnvironment.get();
        this.engines = null;
        this.sessions = sessions;
        this.provider = provider;
    }

    /**
     * Begins to load the libraries, for whoever makes the first object of this class soon; returns at once. If that fails, so
     * will the constructor.
     */
    public static void loadAhead() {
        Thread thread = new Thread(KeptEnvironment::get, "onnx-runtime");
        thread.setDaemon(true);
        thread.start();
    }

    private Provider chosen() {
        String missing = missingForCuda();
        if (!missing.isEmpty()) {
            withoutCuda(missing);
            return Provider.CPU;
        }
        if (engines == null) {
            return Provider.CUDA;
        }
        missing = missingForTensorRt();
        if (missing.isEmpty()) {
            return Provider.TENSORRT;
        }
        LOG.info("TensorRT cannot be used: {}. Models run on CUDA.", missing);
        return Provider.CUDA;
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
        /** For people: what of it matters at a provider. */
        String at(Provider where) {
            if (where == Provider.CUDA) {
                return "cuDNN's search " + cudnnSearch;
            }
            return threads + (threads == 1 ? " thread" : " threads");
        }
    }

    /** A session of a model file, and where it runs. Caller closes. */
    record Opened(OrtSession session, Provider provider, Variant variant) {}

    /** What models are to multiply in, where they run at best: {@code FLOAT32} or {@code FLOAT16}. */
    Precision precision() {
        return precision(provider);
    }

    /** What models are to multiply in at a provider. */
    Precision precision(Provider at) {
        boolean half = settings.precision() == Precision.FLOAT16_ALWAYS
                || (settings.precision() == Precision.FLOAT16 && at.isGpu());
        return half ? Precision.FLOAT16 : Precision.FLOAT32;
    }

    /**
     * The variants that are worth measuring at a provider, the one that needs no measuring first: on the CPU fewer threads for
     * each run and more runs side by side; on CUDA the ways in which cuDNN looks for its convolutions. TensorRT measures by
     * itself.
     */
    List<Variant> variants(Provider at) {
        if (at == Provider.TENSORRT) {
            return List.of(new Variant(cores(), CUDNN_SEARCHES.get(0)));
        }
        if (at == Provider.CUDA) {
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

    /**
     * Opens a model file with the first of the variants, where models run; a model that a GPU does not take and need not, on
     * what comes after it.
     */
    Opened open(ModelFile file) throws OrtException {
        for (Provider at = provider; ; at = at.fallback()) {
            try {
                return open(file, variants(at).get(0), at);
            } catch (OrtException e) {
                if (at == Provider.CPU || (at == Provider.CUDA && settings.device() == Device.CUDA)) {
                    throw e;
                }
                LOG.warn(
                        "Model {} cannot be opened on {}: {}. This model runs on {}; others are still tried on {}.",
                        file.version(),
                        at,
                        String.valueOf(e.getMessage()).strip(),
                        at.fallback(),
                        at);
            }
        }
    }

    /** Opens a model file in one way at one place. */
    Opened open(ModelFile file, Variant variant, Provider at) throws OrtException {
        return new Opened(sessions.open(file, variant, at), at, variant);
    }

    private OrtSession session(ModelFile file, Variant variant, Provider on) throws OrtException {
        try (SessionOptions options = new SessionOptions()) {
            options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
            options.setInterOpNumThreads(1);
            options.setIntraOpNumThreads(variant.threads());
            // Idle threads do not spin unless they shall: decoding needs the cores.
            options.addConfigEntry("session.intra_op.allow_spinning", settings.spins() ? "1" : "0");
            if (on == Provider.TENSORRT && engines != null) {
                addTensorRt(options, engines.of(file.onnx()), file.precision());
            }
            if (on.isGpu()) {
                addCuda(options, variant.cudnnSearch());
            }
            return environment.createSession(file.onnx().toString(), options);
        } catch (IOException e) {
            throw new OrtException("the folder for TensorRT's engines: " + e);
        }
    }

    private static void addTensorRt(SessionOptions options, Path engines, Precision precision) throws OrtException {
        try (OrtTensorRTProviderOptions provider = new OrtTensorRTProviderOptions(0)) {
            provider.add("trt_engine_cache_enable", "1");
            provider.add("trt_engine_cache_path", engines.toString());
            provider.add("trt_timing_cache_enable", "1");
            provider.add("trt_timing_cache_path", engines.toString());
            provider.add("trt_fp16_enable", precision == Precision.FLOAT16 ? "1" : "0");
            options.addTensorrt(provider);
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
    private String missingForCuda() {
        if (!OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)) {
            return "this build has no CUDA provider (build with -Pcuda)";
        }
        try (SessionOptions options = new SessionOptions()) {
            addCuda(options, CUDNN_SEARCHES.get(0));
            GpuProbe.run(environment, options);
            return "";
        } catch (OrtException e) {
            return String.valueOf(e.getMessage()).strip();
        }
    }

    /** What TensorRT lacks here; empty if nothing is known to be missing. */
    private String missingForTensorRt() {
        if (!OrtEnvironment.getAvailableProviders().contains(OrtProvider.TENSOR_RT)) {
            return "this build has no TensorRT provider";
        }
        try (SessionOptions options = new SessionOptions();
                OrtTensorRTProviderOptions plain = new OrtTensorRTProviderOptions(0)) {
            options.addTensorrt(plain);
            return "";
        } catch (OrtException e) {
            return String.valueOf(e.getMessage()).strip();
        }
    }

    private void tellOfWhatNeedsAGpu() {
        if (settings.precision() == Precision.FLOAT16) {
            LOG.info("scanstream.inference.precision is float16, which is for GPUs: on the CPU models run in float32.");
        }
        if (engines != null) {
            LOG.info("scanstream.inference.tensorrt is set, which is for GPUs: it has no effect on the CPU.");
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
