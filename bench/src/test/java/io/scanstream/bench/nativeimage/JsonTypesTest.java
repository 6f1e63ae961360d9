package io.scanstream.bench.nativeimage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.core.type.TypeReference;
import io.scanstream.contracts.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Detours by which a class of the examples below gets to Jackson. */
class JsonTypesTest {
    private static final Set<String> FOUND = JsonTypes.in(Classes.in(List.of(
            Path.of(JsonTypesTest.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .getPath()),
            Reached.classes("contracts"))));

    record Direct(Part part) {}

    record Part(List<Element> elements) {}

    record Element(int number) {}

    record Written(String text) {}

    record ByMethod(String text) {}

    record ByField(String text) {}

    record ByReference(String text) {}

    record ByTypeReference(String text) {}

    record InLocalList(String text) {}

    @JsonSubTypes(@JsonSubTypes.Type(Sub.class))
    interface Family {}

    record Sub(String text) implements Family {}

    record Unused(String text) {}

    /** Never called: its bytecode is looked at. */
    static final class Examples<T> {
        private final Class<T> type;

        Examples(Class<T> type) {
            this.type = type;
        }

        T field(byte[] json) {
            return Json.read(json, type);
        }

        static Examples<ByField> made() {
            return new Examples<>(ByField.class);
        }

        static <U> U through(byte[] json, Class<U> type) {
            return Json.read(json, type);
        }

        static Object all(byte[] json, List<Written> written, Unused unused) {
            Json.bytes(written.get(0));
            Function<ByReference, String> writer = Json::text;
            List<InLocalList> local = List.of(new InLocalList(unused.text()));
            Json.text(local);
            return List.of(
                    writer,
                    Json.read(json, Direct.class),
                    Json.read(json, Family.class),
                    through(json, ByMethod.class),
                    Json.read(json, new TypeReference<List<ByTypeReference>>() {}));
        }
    }

    @Test
    void findsWhatIsReadAndItsParts() {
        assertThat(FOUND).contains(name(Direct.class), name(Part.class), name(Element.class));
    }

    @Test
    void findsWhatIsWritten() {
        assertThat(FOUND).contains(name(Written.class), name(InLocalList.class), name(ByReference.class));
    }

    @Test
    void findsClassesThatGoThroughMethodsAndFields() {
        assertThat(FOUND).contains(name(ByMethod.class), name(ByField.class), name(ByTypeReference.class));
    }

    @Test
    void findsSubtypes() {
        assertThat(FOUND).contains(name(Family.class), name(Sub.class));
    }

    @Test
    void leavesOthersOut() {
        assertThat(FOUND).doesNotContain(name(Unused.class), name(JsonTypesTest.class));
    }

    private static String name(Class<?> type) {
        return type.getName().replace('.', '/');
    }
}
