package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.scanstream.contracts.scoring.ScanId;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

    @Test
    void doesAsASetInOrderDoes() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        // Few enough that most come again, in hash tables from nearly empty to grown several times.
        List<ScanId> ids = Stream.generate(ScanId::next).limit(700).collect(Collectors.toCollection(ArrayList::new));
        for (int most : new int[] {1, 2, 63, 64, 65, 500}) {
            RepeatWindow tried = new RepeatWindow(most);
            LinkedHashSet<ScanId> expected = new LinkedHashSet<>();
            for (int i = 0; i < 20_000; i++) {
                ScanId id = ids.get(random.nextInt(ids.size()));
                assertThat(tried.contains(id)).isEqualTo(expected.contains(id));
                boolean isNew = !expected.remove(id);
                expected.add(id);
                if (expected.size() > most) {
                    expected.remove(expected.iterator().next());
                }
                assertThat(tried.add(id)).isEqualTo(isNew);
                assertThat(tried.size()).isEqualTo(expected.size());
            }
            assertThat(ids).allMatch(id -> tried.contains(id) == expected.contains(id));
        }
    }

    @Test
    void takesFewBytesAnIdAndNoneOnceItIsFull() {
        int most = 100_000;
        List<ScanId> ids = Stream.generate(ScanId::next).limit(2L * most).toList();

        long begun = allocated();
        RepeatWindow full = new RepeatWindow(most);
        ids.subList(0, most).forEach(full::add);
        long whileFilling = allocated() - begun;
        begun = allocated();
        ids.subList(most, 2 * most).forEach(full::add);
        long onceFull = allocated() - begun;

        // Half of it is arrays that were grown out of.
        assertThat(whileFilling).isLessThan(80L * most);
        assertThat(onceFull).isLessThan(most);
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
