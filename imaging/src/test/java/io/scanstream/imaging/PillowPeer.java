package io.scanstream.imaging;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Pillow in one Python process, asked over its standard streams. The test is skipped where no Python has it. */
final class PillowPeer implements AutoCloseable {
    private final Process process;
    private final OutputStream requests;
    private final InputStream answers;

    static PillowPeer start(Path folderForScript) throws IOException {
        Optional<String> python = python();
        assumeTrue(python.isPresent(), "skipped: no Python with Pillow on this machine (SCANSTREAM_PYTHON names one)");
        Path script = folderForScript.resolve("pillow_peer.py");
        try (InputStream source = PillowPeer.class.getResourceAsStream("pillow_peer.py")) {
            if (source == null) {
                throw new IllegalStateException("pillow_peer.py is not among the test resources");
            }
            Files.copy(source, script);
        }
        return new PillowPeer(new ProcessBuilder(python.orElseThrow(), script.toString())
                .redirectError(Redirect.DISCARD)
                .start());
    }

    private PillowPeer(Process process) {
        this.process = process;
        this.requests = new BufferedOutputStream(process.getOutputStream(), 1 << 16);
        this.answers = new BufferedInputStream(process.getInputStream(), 1 << 16);
    }

    /** The interpreter on the path need not be the system's, which has the distribution's Pillow. */
    private static Optional<String> python() {
        List<String> candidates = new ArrayList<>(List.of("python3", "/usr/bin/python3"));
        Optional.ofNullable(System.getenv("SCANSTREAM_PYTHON")).ifPresent(chosen -> candidates.add(0, chosen));
        return candidates.stream().filter(PillowPeer::hasPillow).findFirst();
    }

    private static boolean hasPillow(String python) {
        try {
            Process probe = new ProcessBuilder(python, "-c", "import PIL.Image, PIL.ImageOps")
                    .redirectOutput(Redirect.DISCARD)
                    .redirectError(Redirect.DISCARD)
                    .start();
            return probe.waitFor(30, TimeUnit.SECONDS) && probe.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The file as uint8 {@code [height, width, channels]}; empty where Pillow refuses it or sees another size. */
    Optional<byte[]> decode(Path file, int width, int height, int channels) throws IOException {
        ask("decode " + channels + " " + file.toAbsolutePath() + "\n");
        requests.flush();
        int theirWidth = number();
        int theirHeight = number();
        byte[] pixels = read(theirWidth * theirHeight * channels);
        return theirWidth == width && theirHeight == height ? Optional.of(pixels) : Optional.empty();
    }

    byte[] resize(String filter, byte[] pixels, int width, int height, int channels, int toWidth, int toHeight)
            throws IOException {
        ask(String.format("resize %s %d %d %d %d %d\n", filter, width, height, channels, toWidth, toHeight));
        requests.write(pixels);
        requests.flush();
        return read(toWidth * toHeight * channels);
    }

    private void ask(String line) throws IOException {
        requests.write(line.getBytes(StandardCharsets.UTF_8));
    }

    private int number() throws IOException {
        int value = 0;
        for (int digit = answers.read(); digit != '\n'; digit = answers.read()) {
            if (digit < '0' || digit > '9') {
                throw new IOException("the Pillow process answered with byte " + digit);
            }
            value = value * 10 + digit - '0';
        }
        return value;
    }

    private byte[] read(int length) throws IOException {
        byte[] bytes = answers.readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("the Pillow process ended after " + bytes.length + " of " + length + " bytes");
        }
        return bytes;
    }

    @Override
    public void close() throws IOException {
        requests.close();
        process.destroy();
    }
}
