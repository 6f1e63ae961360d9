package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.vertx.core.http.HttpServerFileUpload;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The files of a {@code multipart/form-data} body, each handed on as soon as it is there. */
final class ImageForm {
    private final Call call;
    private final long mostBytes;
    private final Files files;
    private int count;

    /** Who takes the files, in order, on the event loop. */
    interface Files {
        /**
         * A file is there.
         *
         * @param bytes absent if it is above the limit of one image
         */
        void add(String name, byte @Nullable [] bytes);
    }

    private ImageForm(Call call, long mostBytes, Files files) {
        this.call = call;
        this.mostBytes = mostBytes;
        this.files = files;
    }

    /**
     * Reads the form; on the event loop.
     *
     * @param mostBytes of one file
     * @return when all files were handed on; or fails as the body does, with {@code TOO_LARGE} for too many files, and with
     *     {@code INVALID_REQUEST} for a form without files or with other fields
     */
    static CompletableFuture<Void> read(Call call, long mostBytes, Files files) {
        ImageForm form = new ImageForm(call, mostBytes, files);
        HttpServerRequest request = call.http().request();
        CompletableFuture<Void> refused = new CompletableFuture<>();
        try {
            request.setExpectMultipart(true);
        } catch (IllegalStateException e) {
            throw new ScanstreamException(ErrorCode.INVALID_REQUEST, "the form cannot be read: " + e.getMessage(), e);
        }
        request.uploadHandler(upload -> {
            try {
                form.take(upload);
            } catch (ScanstreamException e) {
                refused.completeExceptionally(e);
            }
        });
        CompletableFuture<Void> end = call.body(raw -> {});
        var unused = refused.exceptionally(failure -> {
            end.completeExceptionally(failure);
            return null;
        });
        return end.thenRun(() -> form.check(request));
    }

    private void take(HttpServerFileUpload upload) {
        if (++count > 1) {
            call.admission().takeImages(1);
        }
        ByteSink bytes = new ByteSink(0);
        boolean[] tooLarge = {false};
        upload.handler(more -> {
            tooLarge[0] |= bytes.length() + (long) more.length() > mostBytes;
            if (!tooLarge[0]) {
                bytes.append(more);
            }
        });
        upload.endHandler(nothing -> files.add(upload.filename(), tooLarge[0] ? null : bytes.toArray()));
    }

    private void check(HttpServerRequest request) {
        if (!request.formAttributes().isEmpty()) {
            throw invalid("field " + request.formAttributes().names().iterator().next()
                    + " of the form is no file: give each image's part a filename.");
        }
        if (count == 0) {
            throw invalid("the form has no file. Send each image as a part with a filename.");
        }
    }

    private static ScanstreamException invalid(String message) {
        return new ScanstreamException(ErrorCode.INVALID_REQUEST, message);
    }
}
