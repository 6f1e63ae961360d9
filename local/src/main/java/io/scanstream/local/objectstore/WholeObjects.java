package io.scanstream.local.objectstore;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/**
 * Keeps half-written objects out of listings. S3Proxy's folder store writes {@code <key>-<uuid>} beside the key and then
 * moves it there; until then a listing shows it, and after a SIGKILL for ever, which no S3 store does: a model package with
 * a file too many would never be verified again.
 */
final class WholeObjects extends ForwardingBlobStore {
    private static final Pattern HALF_WRITTEN =
            Pattern.compile("(.*[^/])-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");

    /** {@code bucket/key}, once for each write under way. */
    private final Set<Write> writes = ConcurrentHashMap.newKeySet();

    /** Compared by identity, because one key may be written twice at a time. */
    private static final class Write {
        final String place;

        Write(String bucket, String key) {
            this.place = bucket + "/" + key;
        }
    }

    WholeObjects(BlobStore folder) {
        super(folder);
    }

    /**
     * Deletes what a killed store left half written below a folder. Only while no store runs on it. An object whose own key
     * ends like that is told apart by the checksum that every whole one carries.
     */
    static void sweep(Path data) {
        try (Stream<Path> files = Files.walk(data)) {
            boolean checksums = Files.getFileStore(data).supportsFileAttributeView(UserDefinedFileAttributeView.class);
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                boolean suspect =
                        HALF_WRITTEN.matcher(file.getFileName().toString()).matches();
                if (suspect && (linkedElsewhere(file) || (checksums && !hasChecksum(file)))) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot tidy the object store's folder " + data + ".", e);
        }
    }

    private static boolean hasChecksum(Path file) throws IOException {
        return Files.getFileAttributeView(file, UserDefinedFileAttributeView.class)
                .list()
                .contains("user.content-md5");
    }

    /** A conditional create is a second link to the finished file; it was killed before it dropped the first. */
    private static boolean linkedElsewhere(Path file) throws IOException {
        boolean unix = file.getFileSystem().supportedFileAttributeViews().contains("unix");
        return unix && (int) Files.getAttribute(file, "unix:nlink") > 1;
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream body) {
        return writing(request.bucket(), request.key(), () -> super.putBlob(request, body));
    }

    @Override
    public CopyObjectResponse copyBlob(CopyObjectRequest request) {
        return writing(request.destinationBucket(), request.destinationKey(), () -> super.copyBlob(request));
    }

    @Override
    public CompleteMultipartUploadResponse completeMultipartUpload(
            MultipartUpload upload, CompleteMultipartUploadRequest request) {
        return writing(request.bucket(), request.key(), () -> super.completeMultipartUpload(upload, request));
    }

    private <T> T writing(String bucket, String key, Supplier<T> action) {
        Write write = new Write(bucket, key);
        writes.add(write);
        try {
            return action.get();
        } finally {
            writes.remove(write);
        }
    }

    @Override
    public ListObjectsV2Response list(ListObjectsV2Request request) {
        ListObjectsV2Response page = super.list(request);
        var whole = page.contents().stream()
                .filter(object -> isWhole(request.bucket(), object.key()))
                .toList();
        return whole.size() == page.contents().size()
                ? page
                : page.toBuilder().contents(List.copyOf(whole)).build();
    }

    private boolean isWhole(String bucket, String key) {
        Matcher half = HALF_WRITTEN.matcher(key);
        if (!half.matches()) {
            return true;
        }
        String place = bucket + "/" + half.group(1);
        boolean beingWritten = writes.stream().anyMatch(write -> write.place.equals(place));
        // One that was finished since the folder was read is gone.
        return !beingWritten && super.blobExists(bucket, key);
    }
}
