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
 * ONNX Runtime in this process, and the choice of where models run: {@link Provider}. What cannot be used is told in one
 * line of the log, with what is used instead.
 */
public final class OnnxRuntime {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntime.class);

    private static final List<String> CUDNN_SEARCHES = List.of("HEURISTIC", "EXHAUSTIVE", "DEFAULT");

    private final OrtEnvironment environment;
    private final OnnxSettings settings;
    private final @Nullable TensorRtEngines engines;
    private volatile Provider provider = Provider.CPU;

    /**
     * Loads the runtime and chooses the device.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} if CUDA is demanded and cannot be had
     */
    public OnnxRuntime(OnnxSettings settings) {
        this.settings = settings;
        this.environment = KeptEnvironment.get();
        this.engines = settings.tensorRtEngines() == null ? null : new TensorRtEngines(settings.tensorRtEngines());
        if (settings.device() != Device.CPU) {
            chooseGpu();
        }
        LOG.info("Models run on {} with ONNX Runtime {}.", provider, environment.getVersion());
        if (!provider.isGpu()) {
            tellOfWhatNeedsAGpu();
        }
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

    private void chooseGpu() {
        String missing = missingForCuda();
        if (!missing.isEmpty()) {
            withoutCuda(missing);
            return;
        }
        provider = Provider.CUDA;
        if (engines != null) {
            missing = missingForTensorRt();
            if (missing.isEmpty()) {
                provider = Provider.TENSORRT;
            } else {
                withoutTensorRt(missing);
            }
        }
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
    record Opened(OrtSession session, Provider provider, Variant variant) {}

    /** What models are to multiply in, where they run now: {@code FLOAT32} or {@code FLOAT16}. */
    Precision precision() {
        boolean half = settings.precision() == Precision.FLOAT16_ALWAYS
                || (settings.precision() == Precision.FLOAT16 && provider.isGpu());
        return half ? Precision.FLOAT16 : Precision.FLOAT32;
    }

    /**
     * The variants that are worth measuring here, the one that needs no measuring first: on the CPU fewer threads for each
     * run and more runs side by side; on CUDA the ways in which cuDNN looks for its convolutions. TensorRT measures by itself.
     */
    List<Variant> variants() {
        if (provider == Provider.TENSORRT) {
            return List.of(new Variant(cores(), CUDNN_SEARCHES.get(0)));
        }
        if (provider == Provider.CUDA) {
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

    /** Opens a model file; where a GPU turns out not to work and need not, on what comes after it, from now on. */
    Opened open(ModelFile file, Variant variant) throws OrtException {
        Provider first = provider;
        String reason = "";
        for (Provider at = first; ; at = at.fallback()) {
            try {
                Opened opened = new Opened(session(file, variant, at), at, variant);
                if (at != first) {
                    fallBack(first, at, reason);
                }
                return opened;
            } catch (OrtException e) {
                if (at == Provider.CPU || (at == Provider.CUDA && settings.device() == Device.CUDA)) {
                    throw e;
                }
                reason = String.valueOf(e.getMessage()).strip();
            }
        }
    }

    private void fallBack(Provider from, Provider to, String reason) {
        provider = to;
        if (to == Provider.CUDA) {
            withoutTensorRt(reason);
        } else {
            LOG.info("{} cannot be used: {}. Models run on the CPU.", from, reason);
            tellOfWhatNeedsAGpu();
        }
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

    private static void withoutTensorRt(String reason) {
        LOG.info("TensorRT cannot be used: {}. Models run on CUDA.", reason);
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
