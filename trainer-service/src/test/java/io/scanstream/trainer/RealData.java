package io.scanstream.trainer;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;

/** The real data sets beside the project; tests that need one skip, visibly, where it is not there. */
public final class RealData {

    /** The folder of a data set: below {@code SCANSTREAM_DATA}, else {@code ../shared/data} of the project's root. */
    public static Path require(String name) {
        String named = System.getenv("SCANSTREAM_DATA");
        Path all =
                named != null ? Path.of(named) : Path.of(System.getProperty("scanstream.root", ".."), "../shared/data");
        Path folder = all.resolve(name).normalize();
        assumeThat(Files.isDirectory(folder)).as("real data at " + folder).isTrue();
        return folder;
    }

    private RealData() {}
}
