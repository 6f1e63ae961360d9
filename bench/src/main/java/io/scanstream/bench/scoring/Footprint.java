package io.scanstream.bench.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What memory a service has at a moment, in MiB.
 *
 * @param scans that it had answered by then
 * @param resident of the whole process, as Linux counts it
 * @param heap that Java's heap has taken from the system, used or not
 * @param heapUsed in it, garbage included
 * @param direct of Java's buffers outside of the heap
 */
record Footprint(int scans, long resident, long heap, long heapUsed, long direct) {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** What is not Java's heap: ONNX Runtime, threads, compiled code, buffers. */
    long outsideHeap() {
        return resident - heap;
    }

    /** Looks at a process on this machine and asks it for its metrics. */
    static Footprint of(int scans, ProcessHandle process, URI service) throws IOException, InterruptedException {
        HttpRequest metrics = HttpRequest.newBuilder(service.resolve("/q/metrics"))
                .header("Accept", "text/plain")
                .build();
        HttpResponse<String> answer = HTTP.send(metrics, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL, metrics.uri() + " answered " + answer.statusCode() + ", expected was 200.");
        }
        List<String> lines = answer.body().lines().toList();
        return new Footprint(
                scans,
                resident(process),
                sum(lines, "jvm_memory_committed_bytes{", "area=\"heap\""),
                sum(lines, "jvm_memory_used_bytes{", "area=\"heap\""),
                sum(lines, "jvm_buffer_memory_used_bytes{", "id=\"direct\""));
    }

    /** As {@link #of}, after a full collection: what is used then is in use. */
    static Footprint collected(int scans, ProcessHandle process, URI service) throws IOException, InterruptedException {
        Process collecting = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(process.pid()),
                        "GC.run")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (collecting.waitFor() != 0) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "jcmd of this JDK could not have process " + process.pid() + " collect garbage.");
        }
        return of(scans, process, service);
    }

    private static long resident(ProcessHandle process) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) >> 10;
            }
        }
        throw new IOException("no VmRSS of process " + process.pid());
    }

    /** Of all values of a metric with a label, in the text form of Prometheus; bytes to MiB. */
    static long sum(List<String> lines, String metric, String label) {
        double bytes = lines.stream()
                .filter(line -> line.startsWith(metric) && line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
        return (long) bytes >> 20;
    }
}
