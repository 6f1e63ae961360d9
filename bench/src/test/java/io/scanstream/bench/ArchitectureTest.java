package io.scanstream.bench;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The arrows between modules, over the classes of the whole build. */
@Tag("once")
class ArchitectureTest {
    private static final List<String> MODULES = List.of(
            "contracts", "imaging", "storage", "access", "gateway", "trainer-service", "inference-service", "local");

    private static JavaClasses project;

    @BeforeAll
    static void readClasses() {
        Path root = Path.of(System.getProperty("scanstream.root"));
        List<Path> folders = new ArrayList<>();
        for (String module : MODULES) {
            Path classes = root.resolve(module).resolve("target/classes");
            assertThat(classes)
                    .as("classes of " + module + "; build the whole project")
                    .satisfies(folder -> assertThat(Files.isDirectory(folder)).isTrue());
            folders.add(classes);
        }
        project = new ClassFileImporter().importPaths(folders);
        for (String part :
                List.of("contracts", "imaging", "storage", "access", "gateway", "trainer", "inference", "local")) {
            assertThat(project).as(part).anyMatch(type -> isIn(type, part));
        }
    }

    @Test
    void servicesMeetOnlyInTheLibraries() {
        for (String service : List.of("gateway", "trainer", "inference")) {
            noClasses()
                    .that(in(service))
                    .should()
                    .dependOnClassesThat(
                            in("gateway", "trainer", "inference", "local").and(notIn(service)))
                    .check(project);
        }
        noClasses()
                .that(in("local"))
                .should()
                .dependOnClassesThat(in("gateway", "trainer", "inference", "imaging", "access"))
                .check(project);
    }

    @Test
    void librariesKnowOnlyContracts() {
        noClasses()
                .that(in("contracts"))
                .should()
                .dependOnClassesThat(ours().and(notIn("contracts")))
                .check(project);
        noClasses()
                .that(in("imaging"))
                .should()
                .dependOnClassesThat(ours().and(notIn("imaging", "contracts")))
                .check(project);
        noClasses()
                .that(in("storage"))
                .should()
                .dependOnClassesThat(ours().and(notIn("storage", "contracts")))
                .check(project);
        noClasses()
                .that(in("access"))
                .should()
                .dependOnClassesThat(ours().and(notIn("access", "contracts")))
                .check(project);
    }

    @Test
    void librariesKnowNothingOfQuarkus() {
        noClasses()
                .that(in("contracts", "imaging", "storage").or(in("access").and(notIn("access.http"))))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.quarkus..", "io.smallrye..", "jakarta..", "org.eclipse.microprofile..")
                .check(project);
    }

    @Test
    void gatewayDecodesNoImages() {
        noClasses()
                .that(in("gateway"))
                .should()
                .dependOnClassesThat(in("imaging"))
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("javax.imageio..", "java.awt.image..")
                .check(project);
    }

    @Test
    void libtorchAndDjlStayInTheTrainer() {
        classes()
                .that(dependOn("org.bytedeco..", "ai.djl.."))
                .should()
                .resideInAPackage("io.scanstream.trainer..")
                .check(project);
    }

    @Test
    void onnxRuntimeIsForScoringAndItsLimitAndForTheTrainersVerification() {
        classes()
                .that(dependOn("ai.onnxruntime.."))
                .should()
                .resideInAnyPackage(
                        "io.scanstream.inference..", "io.scanstream.trainer..", "io.scanstream.bench.scoring..")
                .check(project);
    }

    private static DescribedPredicate<JavaClass> ours() {
        return JavaClass.Predicates.resideInAPackage("io.scanstream..");
    }

    private static DescribedPredicate<JavaClass> in(String... parts) {
        return DescribedPredicate.describe("in " + List.of(parts), type -> isIn(type, parts));
    }

    private static DescribedPredicate<JavaClass> notIn(String... parts) {
        return DescribedPredicate.not(in(parts));
    }

    private static boolean isIn(JavaClass type, String... parts) {
        String name = type.getPackageName() + ".";
        for (String part : parts) {
            if (name.startsWith("io.scanstream." + part + ".")) {
                return true;
            }
        }
        return false;
    }

    private static DescribedPredicate<JavaClass> dependOn(String... packages) {
        DescribedPredicate<JavaClass> there = JavaClass.Predicates.resideInAnyPackage(packages);
        return DescribedPredicate.describe(
                "depend on " + List.of(packages), type -> type.getDirectDependenciesFromSelf().stream()
                        .anyMatch(dependency -> there.test(dependency.getTargetClass())));
    }
}
