package io.scanstream.inference.arrivals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.inference.arrivals.IncomingLayout.Place;
import io.scanstream.inference.arrivals.IncomingLayout.Wanted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IncomingLayoutTest {
    private final IncomingLayout layout = new IncomingLayout("incoming");

    @Test
    void theFirstFolderIsTheModel() {
        assertThat(wanted("incoming/lung/1.png")).isEqualTo(new Wanted("lung", null));
        assertThat(wanted("incoming/lung/ward 3/b/1.png")).isEqualTo(new Wanted("lung", null));
        assertThat(wanted("incoming/lung@shadow/1.png")).isEqualTo(new Wanted("lung", "shadow"));
    }

    @Test
    void urgentScansHaveTheirOwnPrefixAndTopic() {
        assertThat(layout.place("incoming/lung/1.png").orElseThrow().topic()).isEqualTo(Topics.SCANS);
        assertThat(layout.place("incoming-urgent/lung/1.png").orElseThrow().topic())
                .isEqualTo(Topics.SCANS_URGENT);
        assertThat(wanted("incoming-urgent/lung/1.png")).isEqualTo(new Wanted("lung", null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"models/lung/1.png", "incoming2/lung/1.png", "incoming", "incoming/", "incoming/lung/"})
    void otherKeysAndMarksOfFoldersAreNoArrivals(String key) {
        assertThat(layout.place(key)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "incoming/1.png",
                "incoming//1.png",
                "incoming/Lung Cancer/1.png",
                "incoming/lung@/1.png",
                "incoming/lung@a@b/1.png",
                "incoming/@champion/1.png"
            })
    void refusesAPathWithoutAModel(String key) {
        assertRefused(() -> wanted(key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"incoming/lung/../1.png", "incoming/./lung/1.png"})
    void refusesKeysThatNoClientCanAskFor(String key) {
        assertRefused(() -> IncomingLayout.requireReadable(key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "/incoming", "incoming/", "a//b", ".."})
    void refusesWhatIsNoPrefix(String name) {
        assertRefused(() -> new IncomingLayout(name));
    }

    private Wanted wanted(String key) {
        Place place = layout.place(key).orElseThrow();
        return IncomingLayout.wanted(place, key);
    }

    private static void assertRefused(Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(ScanstreamException.class, e -> assertThat(e.code())
                .isEqualTo(ErrorCode.INVALID_REQUEST));
    }
}
