package io.scanstream.inference.arrivals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.arrivals.S3Notification.Put;
import io.scanstream.storage.ObjectStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class S3NotificationTest {
    /** As MinIO's Kafka target writes it: the event around the record, with the key unencoded, and '/' encoded within. */
    private static final String MINIO = """
            {"EventName": "s3:ObjectCreated:Put", "Key": "scans/incoming/lung/ward 3/ü+1.png",
             "Records": [{"eventVersion": "2.0", "eventSource": "minio:s3", "awsRegion": "",
               "eventTime": "2026-11-20T10:15:30.123Z", "eventName": "s3:ObjectCreated:Put",
               "userIdentity": {"principalId": "someone"},
               "requestParameters": {"principalId": "someone", "region": "", "sourceIPAddress": "10.0.0.1"},
               "responseElements": {"x-amz-request-id": "17A", "x-minio-origin-endpoint": "http://10.0.0.2:9000"},
               "s3": {"s3SchemaVersion": "1.0", "configurationId": "Config",
                 "bucket": {"name": "scans", "ownerIdentity": {"principalId": "someone"}, "arn": "arn:aws:s3:::scans"},
                 "object": {"key": "incoming%2Flung%2Fward+3%2F%C3%BC%2B1.png", "size": 224662,
                   "eTag": "5fc7298143efe1276d39a3466d4e255f", "contentType": "image/png", "versionId": "1",
                   "userMetadata": {"content-type": "image/png"}, "sequencer": "15CFEDF8D5304D1A"}},
               "source": {"host": "10.0.0.1", "port": "", "userAgent": "MinIO (linux; amd64)"}}]}
            """;

    private static final String AWS = """
            {"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1",
               "eventTime": "2026-11-20T10:15:30.123Z", "eventName": "%s",
               "userIdentity": {"principalId": "AWS:someone"}, "requestParameters": {"sourceIPAddress": "10.0.0.1"},
               "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "FMyUVURIY8"},
               "s3": {"s3SchemaVersion": "1.0", "configurationId": "scans",
                 "bucket": {"name": "scans", "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                   "arn": "arn:aws:s3:::scans"},
                 "object": {"key": "%s", "size": 1024, "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                   "versionId": "096fKKXTRTtl3on89fVO.nfljtsv6qko", "sequencer": "0055AED6DCD90281E5"}}}]}
            """;

    @Test
    void readsWhatMinioWrites() {
        assertThat(read(MINIO)).containsExactly(new Put("scans", "incoming/lung/ward 3/ü+1.png"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Put", "Post", "Copy", "CompleteMultipartUpload"})
    void readsWhatAwsWrites(String kind) {
        assertThat(read(AWS.formatted("ObjectCreated:" + kind, "incoming/lung/ward+3/%C3%BC%2B1.png")))
                .containsExactly(new Put("scans", "incoming/lung/ward 3/ü+1.png"));
    }

    @Test
    void readsEveryRecord() {
        String one = AWS.formatted("ObjectCreated:Put", "a/b/1").strip();
        String record = one.substring(one.indexOf('[') + 1, one.lastIndexOf(']'));

        assertThat(read("{\"Records\":[" + record + "," + record.replace("a/b/1", "a/b/2") + "]}"))
                .extracting(Put::key)
                .containsExactly("a/b/1", "a/b/2");
        assertThat(read("{\"Records\":[]}")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ObjectRemoved:Delete",
                "s3:ObjectRemoved:DeleteMarkerCreated",
                "s3:ObjectAccessed:Get",
                "s3:ObjectCreated:PutTagging",
                "s3:ObjectCreated:PutLegalHold",
                "s3:Replication:OperationCompletedReplication",
                "ObjectRestore:Post"
            })
    void leavesWhatPutsNoObject(String event) {
        assertThat(read(AWS.formatted(event, "incoming/lung/1.png"))).isEmpty();
    }

    @Test
    void leavesTestEvents() {
        assertThat(read("""
                {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-11-20T10:15:30.123Z",
                 "Bucket": "scans", "RequestId": "5582815E1AEA5ADF", "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKx"}
                """)).isEmpty();
    }

    @Test
    void readsBackWhatIsWrittenForAnObjectThatWasFound() {
        ObjectStore.Listed found = new ObjectStore.Listed("incoming/a b/ü+%20.png", 7, Instant.EPOCH, "ab");

        assertThat(S3Notification.read(S3Notification.of("scans", found)))
                .containsExactly(new Put("scans", found.key()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no json",
                "[]",
                "{}",
                "{\"Records\":{}}",
                "{\"Records\":[{}]}",
                "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\"}]}",
                "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"b\"},"
                        + "\"object\":{\"key\":\"100%\"}}}]}",
                "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"b\"},"
                        + "\"object\":{\"key\":7}}}]}"
            })
    void refusesWhatIsNoNotification(String text) {
        assertThatThrownBy(() -> read(text)).isInstanceOfSatisfying(ScanstreamException.class, e -> assertThat(e.code())
                .isEqualTo(ErrorCode.INVALID_REQUEST));
    }

    @Test
    void refusesARecordWithoutAValue() {
        assertThatThrownBy(() -> S3Notification.read(null)).hasMessageContaining("no value");
    }

    private static List<Put> read(String json) {
        return S3Notification.read(json.getBytes(StandardCharsets.UTF_8));
    }
}
