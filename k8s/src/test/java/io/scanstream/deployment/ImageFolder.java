package io.scanstream.deployment;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * An image as a plain folder: the steps of its Dockerfile, done where they can be done without Docker. The stage {@code build}
 * is the build that this test is part of: its command is not run again. Bases are this machine and its JDK 25.
 */
final class ImageFolder {
    private static final Path SCRIPT =
            Path.of("src/test/resources/image/within.sh").toAbsolutePath();
    private static final String BUILD = "build";
    private static final String BOM = "bom.json";

    private final Dockerfile dockerfile;
    private final Path java;
    private final Path folder;
    private final Path root;

    /**
     * Does the steps.
     *
     * @param folder an empty one
     * @param java the home of a JDK 25
     */
    ImageFolder(Dockerfile dockerfile, Path folder, Path java) throws IOException, InterruptedException {
        this.dockerfile = dockerfile;
        this.java = java;
        this.folder = folder;
        this.root = assemble(dockerfile.image(), "image");
    }

    private Path assemble(Dockerfile.Stage stage, String name) throws IOException, InterruptedException {
        Path to = Files.createDirectories(folder.resolve(name));
        for (Dockerfile.Instruction instruction : stage.instructions()) {
            switch (instruction.keyword()) {
                case "COPY" -> copy(Dockerfile.Copy.of(instruction.arguments()), to);
                case "RUN" -> run(to, instruction.arguments());
                default -> {
                    // Says how the image is run.
                }
            }
        }
        return to;
    }

    private void copy(Dockerfile.Copy copy, Path to) throws IOException, InterruptedException {
        for (String source : copy.sources()) {
            Path from;
            if (copy.stage().isEmpty()) {
                from = Project.ROOT.resolve(source);
            } else if (copy.stage().equals(BUILD)) {
                from = Project.ROOT.resolve(source.substring("/src/".length()));
                if (source.endsWith(BOM) && Files.notExists(from)) {
                    // Made by -Psbom, which this build need not have been.
                    continue;
                }
            } else {
                Path stage = folder.resolve(copy.stage());
                from = (Files.exists(stage) ? stage : assemble(dockerfile.stage(copy.stage()), copy.stage()))
                        .resolve(source.substring(1));
            }
            // /usr is the machine's; the script lays what is copied there over it.
            String target = copy.target().replaceFirst("^/usr/", "/image-usr/");
            copyTree(from, to.resolve(target.substring(1)));
        }
    }

    private static void copyTree(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) throws IOException {
                Files.createDirectories(to.resolve(from.relativize(each).toString()));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path each, BasicFileAttributes attributes) throws IOException {
                String name = from.relativize(each).toString();
                Files.copy(each, name.isEmpty() ? to : to.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private void run(Path in, String command) throws IOException, InterruptedException {
        Process process = start(in, "root", List.of("/bin/sh", "-c", command), Map.of())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(120, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException("RUN " + command + ": " + said);
        }
    }

    /** Starts a command as the image's user, on its read-only file system, with its environment and more. */
    ProcessBuilder inside(List<String> command, Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(dockerfile.image().pairs("ENV"));
        environment.putAll(more);
        String user = dockerfile.image().one("USER").split(":", 2)[0];
        return start(root, user, command, environment);
    }

    private ProcessBuilder start(Path in, String user, List<String> command, Map<String, String> environment) {
        List<String> all = new ArrayList<>(List.of(SCRIPT.toString(), in.toString(), java.toString(), user));
        all.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(all);
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment()
                .put("PATH", "/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        return builder;
    }
}
