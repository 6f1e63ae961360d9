package io.scanstream.bench.nativeimage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * What {@code ./mvnw -Pnative-sources package} has handed to the native compiler: our configuration and Quarkus' own together.
 * Asked for with {@code -Dscanstream.native.sources=true}, because the files are none of an ordinary build's.
 */
@EnabledIfSystemProperty(named = "scanstream.native.sources", matches = "true")
class NativeSourcesTest {
    private static final String PATH = "Ljakarta/ws/rs/Path;";

    static final List<String> SERVICES = Reached.SERVICES;

    static final List<String> GATEWAY = List.of("gateway");

    private static final Map<String, Classes> HANDED_OVER = new HashMap<>();
    private static Reached reached;

    @BeforeAll
    static void read() throws IOException {
        reached = new Reached();
        for (String service : SERVICES) {
            HANDED_OVER.put(service, handedOver(service));
        }
    }

    @ParameterizedTest
    @FieldSource("SERVICES")
    void everythingThatIsReachedIsConfigured(String service) {
        NativeConfig config = NativeConfig.in(HANDED_OVER.get(service));

        for (String module : Reached.modulesOf(service)) {
            assertThat(config.reflection()).containsAll(reached.reflection(module));
            assertThat(config.jni()).containsAll(reached.jni(module));
            assertThat(reached.sharedObjects(module)).allMatch(config::includes);
        }
        assertThat(reached.atRunTime(service)).allMatch(config::isAtRunTime);
    }

    @ParameterizedTest
    @FieldSource("SERVICES")
    void whatTheAddressesTakeAndGiveIsConfigured(String service) {
        NativeConfig config = NativeConfig.in(HANDED_OVER.get(service));

        assertThat(config.mentioned()).containsAll(bodies(Classes.in(List.of(Reached.classes(service)))));
    }

    @ParameterizedTest
    @FieldSource("SERVICES")
    void noSubstitutionIsForAnotherVersion(String service) {
        assertThat(Substitutions.broken(HANDED_OVER.get(service))).isEmpty();
    }

    @ParameterizedTest
    @FieldSource("GATEWAY")
    void theRecipesArePackaged(String gateway) {
        NativeConfig config = NativeConfig.in(HANDED_OVER.get(gateway));

        assertThat(List.of("recipes/recipe.schema.json", "recipes/demo-cnn.yaml"))
                .allMatch(config::includes);
    }

    private static Classes handedOver(String service) throws IOException {
        Path sources = Reached.classes(service).resolveSibling("native-sources");
        assertThat(sources)
                .as("written by ./mvnw -Pnative-sources -Dquickly -pl gateway,inference-service -am package")
                .isDirectory();
        try (Stream<Path> files = Files.walk(sources)) {
            return Classes.in(
                    files.filter(file -> file.toString().endsWith(".jar")).toList());
        }
    }

    /** Records and other data of ours among the parameters and results of REST methods. */
    private static Set<String> bodies(Classes service) {
        Set<String> bodies = new TreeSet<>();
        for (ClassNode type : service.all()) {
            if (type.visibleAnnotations == null
                    || type.visibleAnnotations.stream().noneMatch(annotation -> annotation.desc.equals(PATH))) {
                continue;
            }
            for (MethodNode method : type.methods) {
                if (method.visibleAnnotations != null) {
                    bodies.addAll(Types.namedIn(Type.getReturnType(method.desc), result(method)));
                }
            }
        }
        bodies.removeIf(name -> !name.startsWith("io/scanstream/contracts/"));
        return bodies;
    }

    private static String result(MethodNode method) {
        String signature = method.signature == null ? method.desc : method.signature;
        String result = signature.substring(signature.indexOf(')') + 1);
        return result.startsWith("L") || result.startsWith("[") ? result : "Ljava/lang/Object;";
    }
}
