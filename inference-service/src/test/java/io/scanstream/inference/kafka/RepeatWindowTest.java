package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.scoring.ScanId;
import org.junit.jupiter.api.Test;

class RepeatWindowTest {
    private final RepeatWindow window = new RepeatWindow(3);

    @Test
    void remembersTheLatestAndForgetsTheOldest() {
        ScanId[] ids = {ScanId.next(), ScanId.next(), ScanId.next(), ScanId.next()};
        for (ScanId id : ids) {
            window.add(id);
        }

        assertThat(window.contains(ids[0])).isFalse();
        assertThat(window.contains(ids[1])).isTrue();
        assertThat(window.contains(ids[3])).isTrue();
        assertThat(window.size()).isEqualTo(3);
    }

    @Test
    void anIdThatIsAddedAgainIsTheNewest() {
        ScanId first = ScanId.next();
        window.add(first);
        window.add(ScanId.next());
        window.add(ScanId.next());
        window.add(first);
        window.add(ScanId.next());

        assertThat(window.contains(first)).isTrue();
        assertThat(window.size()).isEqualTo(3);
    }

    @Test
    void knowsIdsByValue() {
        ScanId id = ScanId.next();
        window.add(id);

        assertThat(window.contains(ScanId.of(id.toString()))).isTrue();
    }
}
