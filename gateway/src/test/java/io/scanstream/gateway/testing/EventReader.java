package io.scanstream.gateway.testing;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** Reads server-sent events line by line, as they come. */
public final class EventReader implements AutoCloseable {
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final HttpResponse<Stream<String>> response;
    private final CompletableFuture<Void> end;

    /** Returns once the headers are there. */
    public EventReader(URI address, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(address).header("Accept", "text/event-stream");
        if (headers.length > 0) {
            request.headers(headers);
        }
        response = HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofLines());
        end = CompletableFuture.runAsync(() -> response.body().forEach(lines::add));
    }

    public int status() {
        return response.statusCode();
    }

    /** The names of the events so far. */
    public List<String> names() {
        return field("event:");
    }

    /** The data of the events so far. */
    public List<String> data() {
        return field("data:");
    }

    public List<String> ids() {
        return field("id:");
    }

    private List<String> field(String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip())
                .toList();
    }

    public boolean ended() {
        return end.isDone();
    }

    @Override
    public void close() {
        response.body().close();
    }
}
