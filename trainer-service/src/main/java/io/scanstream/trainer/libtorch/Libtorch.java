package io.scanstream.trainer.libtorch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The started engine: libtorch loaded once per process, DJL on top of it, and the device to compute on. DJL owns memory
 * (an {@link NDManager} closes what it made); libtorch computes on views of that memory.
 *
 * <p>Every class of {@code org.bytedeco.pytorch} loads the natives when it is first touched, in an order that can pick up
 * another libtorch of the machine; so {@link #start} comes before any of them, and what needs libtorch takes an instance.
 */
public final class Libtorch {
    private static final Logger LOG = LoggerFactory.getLogger(Libtorch.class);

    private static final String ENGINE = "PyTorch";
    /** The most that oneDNN may take of the processor's instructions; read once, when it first computes. */
    private static final String ONEDNN_MOST = "ONEDNN_MAX_CPU_ISA";

    private static final Processor PROCESSOR = Processor.of(Path.of("/"));
    private static boolean loaded;

    private final Device device;

    private Libtorch(Device device) {
        this.device = device;
    }

    /**
     * Loads the natives (first call of the process, a second or two when they have to be unpacked) and picks the device.
     *
     * @throws ScanstreamException {@code INTERNAL} when the natives do not load, when DJL and JavaCPP mean different
     *     versions of libtorch, or when CUDA is asked for and absent
     */
    public static Libtorch start(DeviceChoice choice) {
        load();
        boolean cuda = torch.cuda_is_available();
        if (choice == DeviceChoice.CUDA && !cuda) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "device: cuda was asked for, but libtorch sees no CUDA device. Build with -Pcuda on a machine with"
                            + " an NVIDIA driver, or use device auto or cpu.");
        }
        if (cuda) {
            // Float32 is to mean float32, as exported models are held against it; bfloat16 is there for speed.
            torch.globalContext().setAllowTF32CuDNN(false);
            torch.globalContext().setAllowTF32CuBLAS(false);
        }
        return new Libtorch(choice != DeviceChoice.CPU && cuda ? Device.gpu() : Device.cpu());
    }

    private static synchronized void load() {
        if (loaded) {
            return;
        }
        String folder = unpackAndLoad();
        if (PROCESSOR.misleadsOneDnn() && System.getenv(ONEDNN_MOST) == null) {
            LOG.warn(
                    "This AMD processor hides the sizes of its caches, as virtual ones may: with AVX2 and AVX-512, oneDNN would"
                            + " compute wrong convolutions. It is held to AVX, which is slower. {} decides otherwise.",
                    ONEDNN_MOST);
            torch.set_env(ONEDNN_MOST, "AVX");
            // It refuses such a processor too, with a line for every convolution.
            torch.globalContext().setUserEnabledNNPACK(false);
        }
        // Where a hypervisor hides what the processor is made of, libtorch takes one thread for all there is.
        if (torch.get_num_threads() == 1 && System.getenv("OMP_NUM_THREADS") == null) {
            torch.set_num_threads(cores());
        }
        // DJL phones home and fetches its own natives unless told otherwise, and reads these on its first use.
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("PYTORCH_LIBRARY_PATH", folder);
        System.setProperty("PYTORCH_VERSION", torch.TORCH_VERSION);
        System.setProperty("PYTORCH_FLAVOR", torch.cuda_is_available() ? "cu128" : "cpu");
        String djl = Engine.getEngine(ENGINE).getVersion();
        if (!djl.equals(torch.TORCH_VERSION)) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "DJL expects libtorch " + djl + " but JavaCPP brings " + torch.TORCH_VERSION
                            + ". Set djl.version and libtorch.version in the parent POM to releases of one libtorch.");
        }
        loaded = true;
    }

    /** Those of the machine, without the second threads of each, as far as this process may use them. */
    static int cores() {
        return Math.max(1, Math.min(Loader.totalCores(), Runtime.getRuntime().availableProcessors()));
    }

    /**
     * All natives are unpacked before the first is loaded. JavaCPP alone unpacks and loads them one by one, and then
     * libtorch.so, loaded before libtorch_cpu.so lies beside it, takes another version from the system's library path
     * where one is installed: the process dies in the loader.
     */
    private static String unpackAndLoad() {
        try {
            URL natives = nativesFolder("-gpu");
            if (natives == null) {
                natives = nativesFolder("");
            }
            if (natives == null) {
                throw new ScanstreamException(
                        ErrorCode.INTERNAL,
                        "no libtorch natives for " + Loader.getPlatform()
                                + " on the class path. Add org.bytedeco:pytorch with that classifier.");
            }
            Loader.cacheResource(natives);
            return new File(Loader.load(torch.class)).getParent();
        } catch (IOException | UnsatisfiedLinkError e) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "libtorch's natives could not be unpacked and loaded under " + cacheFolder() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private static @Nullable URL nativesFolder(String extension) {
        return Libtorch.class
                .getClassLoader()
                .getResource("org/bytedeco/pytorch/" + Loader.getPlatform() + extension + "/");
    }

    private static String cacheFolder() {
        try {
            return Loader.getCacheDir().toString();
        } catch (IOException e) {
            return "a cache folder that cannot be made (" + e.getMessage() + ")";
        }
    }

    /** Where tensors live and networks compute. */
    public Device device() {
        return device;
    }

    public boolean onCuda() {
        return device.isGpu();
    }

    /** Whether the device has instructions that multiply bfloat16 matrices: AVX-512 or AMX, or CUDA from Ampere on. */
    public boolean multipliesBfloat16() {
        if (onCuda()) {
            return torch.getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
        }
        return PROCESSOR.multipliesBfloat16();
    }

    /**
     * Holds CUDA to algorithms that give the same every time, or lets it take what is fastest for each shape. On the CPU there
     * is nothing to choose.
     */
    public void repeatItself(boolean always) {
        if (onCuda()) {
            torch.globalContext().setDeterministicAlgorithms(always, false);
            torch.globalContext().setDeterministicCuDNN(always);
            torch.globalContext().setBenchmarkCuDNN(!always);
        }
    }

    /** One line for the log, for instance {@code libtorch 2.7.1 on cpu, 2 threads}. */
    public String description() {
        return "libtorch " + torch.TORCH_VERSION + " on "
                + (onCuda() ? device + " of " + torch.getNumGPUs() : "cpu, " + torch.get_num_threads() + " threads");
    }

    /** A new scope of arrays on the device; the caller closes it. */
    public NDManager newManager() {
        return NDManager.newBaseManager(device, ENGINE);
    }

    /**
     * The same memory as libtorch sees it. The view is valid as long as the array is open; it holds no memory itself.
     */
    public static Tensor view(NDArray array) {
        return new Tensor(new Address(((PtNDArray) array).getHandle()));
    }

    /**
     * Bytes as a tensor on the device: a view of the buffer's memory on the CPU (the buffer has to outlive it), a copy on
     * CUDA. To be called within the step's {@code PointerScope}.
     *
     * @param pixels direct, from its position; uint8
     * @param shape for instance {@code [N, H, W, C]}
     */
    public Tensor upload(ByteBuffer pixels, long... shape) {
        Tensor host = torch.from_blob(new BytePointer(pixels), shape, new TensorOptions(torch.ScalarType.Byte));
        return toDevice(host);
    }

    /** Moves a tensor of the CPU to the device; on the CPU it is the tensor itself. */
    public Tensor toDevice(Tensor host) {
        return onCuda()
                ? host.to(new org.bytedeco.pytorch.Device("cuda:" + device.getDeviceId()), host.scalar_type())
                : host;
    }

    /** A libtorch object that DJL made, by its address. */
    private static final class Address extends Pointer {
        Address(long address) {
            this.address = address;
        }
    }
}
