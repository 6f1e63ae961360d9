package io.scanstream.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code scanstream up} as a process: real broker and store, services that are {@link FakeService}. */
class LauncherTest {
    private static final int SIGINT = 2;
    private static final List<String> SERVICES = List.of("gateway", "trainer", "inference");
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path folder;

    private final List<Process> launched = new ArrayList<>();
    private Path project;
    private Path home;

    @BeforeEach
    void makeProject() throws IOException {
        project = FakeService.project(folder.resolve("project"));
        home = folder.resolve("home");
    }

    @AfterEach
    void endWhatIsLeft() {
        for (Process process : launched) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    @Test
    void refusesASecondStartAndStopsServicesBeforeServersOnSigterm() throws Exception {
        Process launcher = up("first");
        awaitReady(launcher, "first");
        List<ProcessHandle> parts = launcher.children().toList();
        assertThat(parts).hasSize(5);
        assertThat(said("first").lines().filter(line -> line.matches(" +\\S+ +(http|kafka)://127\\.0\\.0\\.1:\\d+")))
                .hasSize(5);

        Process second = up("second");
        awaitEnd(second);
        assertThat(second.exitValue()).isEqualTo(1);
        assertThat(said("second")).contains("already", Long.toString(launcher.pid()), "--home");
        assertThat(parts).allMatch(ProcessHandle::isAlive);

        launcher.destroy();
        awaitEnd(launcher);

        assertThat(parts).noneMatch(ProcessHandle::isAlive);
        for (String service : SERVICES) {
            assertThat(home.resolve(service).resolve("stopped")).content().startsWith("broker there");
            assertThat(home.resolve("logs").resolve(service + ".log"))
                    .content()
                    .contains(service + " | listening", service + " | stopping");
        }
        assertThat(said("first")).doesNotContain("exit code");
    }

    @Test
    void stopsServicesBeforeServersOnCtrlCThoughTheTerminalInterruptsAll() throws Exception {
        assumeThat(interruptIsIgnored())
                .as("SIGINT is ignored in this process, as in a shell's background jobs, and so in the launcher's")
                .isFalse();
        Process launcher = up("first");
        awaitReady(launcher, "first");
        List<ProcessHandle> parts = launcher.children().toList();

        // A terminal sends SIGINT to the whole foreground group; the parts get it first here, the worst case.
        for (ProcessHandle part : parts) {
            interrupt(part.pid());
        }
        interrupt(launcher.pid());
        awaitEnd(launcher);

        assertThat(parts).noneMatch(ProcessHandle::isAlive);
        for (String service : SERVICES) {
            assertThat(home.resolve(service).resolve("stopped")).content().startsWith("broker there");
        }
        assertThat(said("first")).doesNotContain("exit code");
    }

    @Test
    void stopsEverythingWhenOnePartDiesAndShowsTheEndOfItsLog() throws Exception {
        Process launcher = up("first");
        awaitReady(launcher, "first");
        List<ProcessHandle> parts = launcher.children().toList();

        var unanswered = HttpClient.newHttpClient()
                .sendAsync(
                        HttpRequest.newBuilder(address("inference").resolve("/die"))
                                .build(),
                        HttpResponse.BodyHandlers.discarding());
        awaitEnd(launcher);

        assertThat(unanswered).failsWithin(PATIENCE);
        assertThat(launcher.exitValue()).isEqualTo(1);
        assertThat(parts).noneMatch(ProcessHandle::isAlive);
        assertThat(said("first"))
                .contains("inference ended with exit code 7", "inference.log", "last words 40", "last words 22")
                .doesNotContain("last words 21\n")
                .doesNotContain("gateway ended");
    }

    @Test
    void leavesNoPartBehindWhenKilledAndStartsAgainAtOnceOnTheSameHome() throws Exception {
        Process launcher = up("first");
        awaitReady(launcher, "first");
        List<ProcessHandle> parts = launcher.children().toList();
        URI gateway = address("gateway");

        launcher.destroyForcibly();
        awaitEnd(launcher);
        Process again = up("again");

        await().atMost(PATIENCE).until(() -> parts.stream().noneMatch(ProcessHandle::isAlive));
        awaitReady(again, "again");
        assertThat(said("again")).contains(gateway.toString());
        again.destroy();
        awaitEnd(again);
    }

    @Test
    void leavesNoPartBehindWhenStoppedWhileItStarts() throws Exception {
        Process launcher = up("first");
        await().atMost(PATIENCE).until(() -> launcher.children().count() >= 2);
        List<ProcessHandle> parts = launcher.children().toList();

        launcher.destroy();
        awaitEnd(launcher);

        await().atMost(PATIENCE).until(() -> parts.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Test
    void namesAServiceThatDoesNotComeUp() throws Exception {
        FakeService.breakService(project, "trainer-service");

        Process launcher = up("first");
        awaitEnd(launcher);

        assertThat(launcher.exitValue()).isEqualTo(1);
        assertThat(said("first")).contains("trainer ended with exit code 3", "trainer | nothing to serve");
    }

    private Process up(String name) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dscanstream.project=" + project,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "up",
                        "--home",
                        home.toString())
                .redirectErrorStream(true)
                .redirectOutput(output(name).toFile())
                .start();
        launched.add(process);
        return process;
    }

    private Path output(String name) {
        return folder.resolve(name + ".out");
    }

    private String said(String name) throws IOException {
        return Files.readString(output(name));
    }

    private void awaitReady(Process launcher, String name) {
        await().atMost(PATIENCE).until(() -> !launcher.isAlive() || said(name).contains("Ready."));
        assertThat(launcher.isAlive()).as("launcher '%s' runs", name).isTrue();
    }

    private static void awaitEnd(Process process) throws InterruptedException {
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as("the launcher ends")
                .isTrue();
    }

    private URI address(String service) throws IOException {
        Matcher line = Pattern.compile("(?m)^ *" + service + " +(http://\\S+)$").matcher(said("first"));
        assertThat(line.find()).as("the address of %s", service).isTrue();
        return URI.create(line.group(1));
    }

    /** A child inherits it, and a JVM that finds SIGINT ignored leaves it so. */
    private static boolean interruptIsIgnored() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("SigIgn:")) {
                long ignored = Long.parseUnsignedLong(
                        line.substring("SigIgn:".length()).strip(), 16);
                return (ignored & (1L << (SIGINT - 1))) != 0;
            }
        }
        return false;
    }

    private static void interrupt(long pid) throws Exception {
        Process kill = new ProcessBuilder("kill", "-INT", Long.toString(pid))
                .inheritIO()
                .start();
        assertThat(kill.waitFor()).isZero();
    }
}
