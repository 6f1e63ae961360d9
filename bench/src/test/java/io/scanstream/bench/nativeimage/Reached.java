package io.scanstream.bench.nativeimage;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What the modules of a native service need of the configuration that they ship, by module. Derived from the bytecode of ours
 * and of the libraries.
 */
final class Reached {
    static final List<String> MODULES = List.of("contracts", "imaging", "storage", "gateway", "inference-service");

    /** The services, which are built natively; each also has what lies under it. */
    static final List<String> SERVICES = List.of("gateway", "inference-service");

    private static final Path ROOT = Path.of(System.getProperty("scanstream.root"));

    /** Libraries with native code, by the shared objects that a service on Linux and x86-64 loads from its resources. */
    private static final Pattern ONNX_RUNTIME = Pattern.compile("ai/onnxruntime/native/linux-x64/.*\\.so");

    private static final Pattern ZSTD = Pattern.compile("linux/amd64/libzstd-jni-.*\\.so");
    private static final Pattern SNAPPY = Pattern.compile("org/xerial/snappy/native/Linux/x86_64/.*\\.so");
    private static final Pattern LZ4 = Pattern.compile("net/jpountz/util/linux/amd64/.*\\.so");

    private final Classes ours =
            Classes.in(MODULES.stream().map(Reached::classes).toList());
    private final Set<String> json = JsonTypes.in(ours);
    private final Classes onnxRuntime = Classes.in(jars("onnxruntime"));
    private final Classes zstd = Classes.in(jars("zstd-jni"));
    private final Classes snappy = Classes.in(jars("snappy-java"));
    private final Classes lz4 = Classes.in(jars("lz4-java"));
    private final Classes minio = Classes.in(jars("minio", "simple-xml-safe"));
    private final Classes onnxFiles = Classes.in(jars("tribuo-util-onnx"));
    private final Classes kafka = Classes.in(jars("kafka-clients"));
    private final Classes images = Classes.in(jars("imageio-core", "imageio-metadata", "imageio-tiff"));

    static Path classes(String module) {
        return ROOT.resolve(module).resolve("target/classes");
    }

    /** Where a module's configuration lies among its resources. */
    static Path config(String module) {
        return resources(module).resolve("META-INF/native-image/io.scanstream/scanstream-" + module);
    }

    static Path resources(String module) {
        return ROOT.resolve(module).resolve("src/main/resources");
    }

    /** Jars of this test's class path, which has what inference-service has, by the names of their artifacts. */
    static List<Path> jars(String... artifacts) {
        List<Path> found = new ArrayList<>();
        for (String artifact : artifacts) {
            Pattern name = Pattern.compile(Pattern.quote(artifact) + "-\\d[^/]*\\.jar");
            Path jar = Arrays.stream(System.getProperty("java.class.path").split(System.getProperty("path.separator")))
                    .map(Path::of)
                    .filter(path -> name.matcher(path.getFileName().toString()).matches())
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no " + artifact + " on the class path"));
            found.add(jar);
        }
        return found;
    }

    /** Classes that a module's {@code reflect-config.json} has to name. */
    Set<String> reflection(String module) {
        Set<String> touched = new TreeSet<>();
        String part = "io/scanstream/" + module.replace("-service", "") + "/";
        json.stream().filter(name -> name.startsWith(part)).forEach(touched::add);
        touched.addAll(NamedTypes.in(Classes.in(List.of(classes(module)))));
        if (module.equals("storage")) {
            touched.addAll(MinioTypes.in(minio));
        }
        if (module.equals("inference-service")) {
            onnxFiles.all().forEach(type -> {
                if (isMessage(type.superName)) {
                    touched.add(type.name);
                }
            });
        }
        if (SERVICES.contains(module)) {
            // Its factories take the instance of a class whose name they put together.
            lz4.all().forEach(type -> {
                if (type.fields.stream().anyMatch(field -> field.name.equals("INSTANCE"))) {
                    touched.add(type.name);
                }
            });
        }
        return touched;
    }

    private static boolean isMessage(String parent) {
        return parent.startsWith("com/google/protobuf/GeneratedMessage");
    }

    /** Classes that a module's {@code jni-config.json} has to name. */
    Set<String> jni(String module) {
        Set<String> touched = new TreeSet<>();
        if (SERVICES.contains(module)) {
            touched.addAll(JniTypes.in(zstd, ZSTD));
            touched.addAll(JniTypes.in(snappy, SNAPPY));
            touched.addAll(JniTypes.in(lz4, LZ4));
        }
        if (module.equals("inference-service")) {
            touched.addAll(JniTypes.in(onnxRuntime, ONNX_RUNTIME));
        }
        return touched;
    }

    /** Shared objects that a module's {@code resource-config.json} has to include. */
    Set<String> sharedObjects(String module) {
        Set<String> files = new TreeSet<>();
        if (SERVICES.contains(module)) {
            addMatching(zstd, ZSTD, files);
            addMatching(snappy, SNAPPY, files);
            addMatching(lz4, LZ4, files);
        }
        if (module.equals("inference-service")) {
            addMatching(onnxRuntime, ONNX_RUNTIME, files);
        }
        return files;
    }

    private static void addMatching(Classes library, Pattern pattern, Set<String> files) {
        library.files().keySet().stream()
                .filter(name -> pattern.matcher(name).matches())
                .forEach(files::add);
    }

    /** Classes that a service must initialise at run time. */
    Set<String> atRunTime(String service) {
        List<Classes> places = new ArrayList<>(List.of(minio, kafka, zstd, snappy, lz4));
        if (service.equals("inference-service")) {
            places.addAll(List.of(onnxRuntime, images));
        }
        Set<String> late = new TreeSet<>();
        places.forEach(place -> late.addAll(RunTimeTypes.in(place)));
        // Quarkus' extension for Kafka sees to these.
        late.removeIf(name -> name.startsWith("org/apache/kafka/common/security/"));
        late.addAll(RunTimeTypes.in(
                Classes.in(modulesOf(service).stream().map(Reached::classes).toList())));
        return late;
    }

    /** A service and the modules under it. */
    static List<String> modulesOf(String service) {
        return service.equals("gateway")
                ? List.of("contracts", "storage", "gateway")
                : List.of("contracts", "imaging", "storage", "inference-service");
    }
}
