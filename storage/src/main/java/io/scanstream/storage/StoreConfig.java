package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the object store is.
 *
 * @param endpoint {@code http://host:port} or https, without a path
 * @param bucket created at start if it is not there
 * @param region of the signature; {@code us-east-1} fits most stores
 * @param caFile certificates in PEM, the only ones that an https store is trusted by; absent: those that Java trusts
 */
public record StoreConfig(
        URI endpoint,
        String accessKey,
        String secretKey,
        String bucket,
        String region,
        @Nullable Path caFile) {
    /** Trusting whom Java trusts. */
    public StoreConfig(URI endpoint, String accessKey, String secretKey, String bucket, String region) {
        this(endpoint, accessKey, secretKey, bucket, region, null);
    }

    public StoreConfig {
        if (endpoint.getHost() == null || endpoint.getScheme() == null) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.store.endpoint: '" + endpoint + "' is not of the form http://host:port.");
        }
    }

    /** Another bucket of the same store. */
    public StoreConfig withBucket(String other) {
        return new StoreConfig(endpoint, accessKey, secretKey, other, region, caFile);
    }

    /** Never the secret. */
    @Override
    public String toString() {
        return bucket + " at " + endpoint;
    }
}
