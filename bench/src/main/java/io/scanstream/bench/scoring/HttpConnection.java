package io.scanstream.bench.scoring;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * One kept-alive connection that posts images, as little work as can be: it runs on the cores that are measured. Answers have
 * to have a {@code Content-Length}.
 */
final class HttpConnection implements AutoCloseable {
    private static final String LENGTH = "content-length:";

    /** What became of an image. */
    enum Answer {
        SCORED,
        SHED
    }

    private final URI address;
    private final Socket socket;
    private final OutputStream out;
    private final InputStream in;

    HttpConnection(URI address) throws IOException {
        this.address = address;
        this.socket = new Socket(address.getHost(), address.getPort());
        socket.setTcpNoDelay(true);
        this.out = socket.getOutputStream();
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    /** Posts an image and waits for its answer; throws if that is neither a score nor a refusal for overload. */
    Answer post(byte[] image) throws IOException {
        String head = "POST " + address.getPath() + " HTTP/1.1\r\nHost: " + address.getAuthority()
                + "\r\nContent-Type: image/jpeg\r\nContent-Length: " + image.length + "\r\n\r\n";
        ByteArrayOutputStream request = new ByteArrayOutputStream(head.length() + image.length);
        request.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
        request.writeBytes(image);
        request.writeTo(out);
        String status = line();
        int length = -1;
        for (String line = line(); !line.isEmpty(); line = line()) {
            if (line.regionMatches(true, 0, LENGTH, 0, LENGTH.length())) {
                length = Integer.parseInt(line.substring(LENGTH.length()).strip());
            }
        }
        if (length < 0) {
            throw new IOException("an answer without a length: " + status);
        }
        byte[] body = in.readNBytes(length);
        if (status.startsWith("HTTP/1.1 200")) {
            return Answer.SCORED;
        }
        if (status.startsWith("HTTP/1.1 503")) {
            return Answer.SHED;
        }
        throw new IOException(status + ": " + new String(body, StandardCharsets.UTF_8));
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new IOException("the service closed the connection");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
