package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.inference.StoreServer;
import io.scanstream.storage.Suspects;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

class IsolationTest {
    private static final int BATCH = 4;

    @TempDir
    static Path folder;

    private static StoreServer server;
    private static Suspects suspects;
    private String partition = "";

    @BeforeAll
    static void start() {
        server = StoreServer.start(folder);
        suspects = new Suspects(server.store());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void choosePartition(TestInfo test) {
        partition = test.getTestMethod().orElseThrow().getName() + "-0";
    }

    @Test
    void isOffAfterAnOrderlyStop() {
        takeOver("a").release();

        assertThat(takeOver("b").isOn()).isFalse();
    }

    @Test
    void isOnForOneBatchAfterADeath() {
        takeOver("a");

        Isolation isolation = takeOver("b");

        for (int offset = 0; offset < BATCH; offset++) {
            assertThat(isolation.isOn()).isTrue();
            assertThat(isolation.isPoison(offset)).isFalse();
            isolation.begin(offset);
            isolation.end();
        }
        assertThat(isolation.isOn()).isFalse();
        isolation.release();
        assertThat(takeOver("c").isOn()).isFalse();
    }

    @Test
    void aRecordThatWasAloneInThreeDeadProcessesIsPoison() {
        takeOver("died with a batch");
        for (String owner : new String[] {"first", "second", "third"}) {
            Isolation isolation = takeOver(owner);
            assertThat(isolation.isPoison(7)).isFalse();
            isolation.begin(7);
        }

        Isolation isolation = takeOver("fourth");

        assertThat(isolation.isPoison(7)).isTrue();
        assertThat(isolation.isPoison(8)).isFalse();
    }

    @Test
    void tryingAgainInTheSameProcessIsNoDeath() {
        takeOver("died with a batch");
        Isolation isolation = takeOver("first");
        isolation.begin(7);
        isolation.begin(7);
        isolation.begin(7);

        Isolation second = takeOver("second");
        second.begin(7);

        assertThat(takeOver("third").isPoison(7)).isFalse();
    }

    @Test
    void anotherRecordStartsTheCountAnew() {
        takeOver("died with a batch");
        takeOver("first").begin(7);
        takeOver("second").begin(7);
        takeOver("third").begin(8);

        assertThat(takeOver("fourth").isPoison(8)).isFalse();
        assertThat(takeOver("fifth").isPoison(7)).isFalse();
    }

    @Test
    void lettingGoInOrderIsNoDeathAndTheNextOwnerGoesOnOneByOne() {
        takeOver("died with a batch");
        takeOver("first").begin(7);
        takeOver("second").begin(7);
        Isolation orderly = takeOver("third");
        orderly.begin(7);
        orderly.release();

        Isolation next = takeOver("fourth");

        assertThat(next.isOn()).isTrue();
        assertThat(next.isPoison(7)).isFalse();
        next.begin(7);
        assertThat(takeOver("fifth").isPoison(7)).isTrue();
    }

    @Test
    void aProcessThatDiesBeforeItTouchesTheRecordDoesNotCount() {
        takeOver("died with a batch");
        takeOver("first").begin(7);
        takeOver("dies at once");
        takeOver("dies at once, too");

        assertThat(takeOver("fourth").isPoison(7)).isFalse();
    }

    @Test
    void whoOpensAnewWithItsOwnMarkGoesOnWhereItWas() {
        takeOver("died with a batch");
        takeOver("first").begin(7);
        takeOver("second").begin(7);
        Isolation third = takeOver("third");
        third.begin(6);
        third.end();
        third.begin(7);

        // The broker went away and came back, twice; the second time the partition was given back in order.
        Isolation reopened = takeOver("third", third);
        assertThat(reopened.isPoison(7)).isFalse();
        reopened.begin(7);
        reopened.release();
        Isolation again = takeOver("third", reopened);
        again.begin(7);
        again.end();

        for (int left = BATCH - 2; left > 0; left--) {
            assertThat(again.isOn()).isTrue();
            again.begin(7 + left);
            again.end();
        }
        assertThat(again.isOn()).isFalse();
    }

    @Test
    void openingAnewTakesNoDeathFromTheSuspect() {
        takeOver("died with a batch");
        takeOver("first").begin(7);
        takeOver("second").begin(7);
        Isolation third = takeOver("third");
        third.begin(7);
        takeOver("third", third).begin(7);

        assertThat(takeOver("fourth").isPoison(7)).isTrue();
    }

    @Test
    void whatSomebodyElseDidMeanwhileCountsMoreThanWhatThisProcessKnew() {
        Isolation mine = takeOver("a");
        takeOver("died");
        assertThat(takeOver("a", mine).isOn()).isTrue();

        Isolation other = takeOver("b");
        for (int offset = 0; offset < BATCH; offset++) {
            other.begin(offset);
            other.end();
        }
        other.release();
        assertThat(takeOver("a", mine).isOn()).isFalse();
    }

    private Isolation takeOver(String owner) {
        return takeOver(owner, null);
    }

    private Isolation takeOver(String owner, @Nullable Isolation before) {
        return Isolation.takeOver(suspects, partition, owner, BATCH, before);
    }
}
