package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class DicomRefusalTest {
    @TestFactory
    Stream<DynamicTest> everyDicomFileIsRefusedClearly() {
        List<Path> files = SharedData.files(SharedData.folder("dicom"), ".dcm", Integer.MAX_VALUE);
        assertThat(files).hasSizeGreaterThan(20);
        return files.stream().map(file -> {
            String name = file.getFileName().toString();
            return DynamicTest.dynamicTest(name, () -> {
                byte[] bytes = SharedData.read(file);
                if (name.equals("no_meta.dcm")) {
                    // Cut before its first element: nothing in it says what it is.
                    Decoding.refusal(ErrorCode.NOT_AN_IMAGE, bytes);
                } else {
                    assertThat(Decoding.refusal(ErrorCode.UNSUPPORTED_IMAGE, bytes))
                            .startsWith("DICOM is not supported");
                }
            });
        });
    }
}
