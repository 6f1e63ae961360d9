package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.net.URI;

/**
 * Where the object store is.
 *
 * @param endpoint {@code http://host:port} or https, without a path
 * @param bucket created at start if it is not there
 * @param region of the signature; {@code us-east-1} fits most stores
 */
public record StoreConfig(URI endpoint, String accessKey, String secretKey, String bucket, String region) {
    public StoreConfig {
        if (endpoint.getHost() == null || endpoint.getScheme() == null) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.store.endpoint: '" + endpoint + "' is not of the form http://host:port.");
        }
    }

    /** Never the secret. */
    @Override
    public String toString() {
        return bucket + " at " + endpoint;
    }
}
