package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Certificates of a file, and TLS that trusts them and no others. */
record TrustedCertificates(SSLSocketFactory sockets, X509TrustManager manager) {
    /**
     * Reads them.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} if the file has none
     */
    static TrustedCertificates read(Path pem) {
        try (InputStream in = Files.newInputStream(pem)) {
            Collection<? extends Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (certificates.isEmpty()) {
                throw invalid(pem, null);
            }
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate certificate : certificates) {
                store.setCertificateEntry("ca-" + number++, certificate);
            }
            return of(store);
        } catch (IOException | GeneralSecurityException e) {
            throw invalid(pem, e);
        }
    }

    private static TrustedCertificates of(KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        for (TrustManager candidate : factory.getTrustManagers()) {
            if (candidate instanceof X509TrustManager manager) {
                SSLContext tls = SSLContext.getInstance("TLS");
                tls.init(null, new TrustManager[] {manager}, null);
                return new TrustedCertificates(tls.getSocketFactory(), manager);
            }
        }
        throw new GeneralSecurityException("this Java has no trust manager for X.509");
    }

    private static ScanstreamException invalid(Path pem, @Nullable Exception e) {
        return new ScanstreamException(
                ErrorCode.INVALID_REQUEST,
                "scanstream.store.ca-file: " + pem + " has no certificates in PEM"
                        + (e == null ? "." : ": " + e.getMessage() + "."),
                e);
    }
}
