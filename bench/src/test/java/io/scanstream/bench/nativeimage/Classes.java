package io.scanstream.bench.nativeimage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.tree.ClassNode;

/** The class files and other files of some jars and folders. Classes go by their internal names, such as {@code a/B$C}. */
final class Classes {
    private static final String CLASS = ".class";

    private final Map<String, byte[]> files = new TreeMap<>();
    private final Set<String> names = new TreeSet<>();
    private final Map<String, ClassNode> nodes = new HashMap<>();

    static Classes in(List<Path> places) {
        Classes classes = new Classes();
        places.forEach(classes::read);
        return classes;
    }

    private void read(Path place) {
        try {
            if (Files.isDirectory(place)) {
                try (Stream<Path> all = Files.walk(place)) {
                    for (Path file : all.filter(Files::isRegularFile).toList()) {
                        add(place.relativize(file).toString(), Files.readAllBytes(file));
                    }
                }
                return;
            }
            try (ZipInputStream jar = new ZipInputStream(Files.newInputStream(place))) {
                for (ZipEntry entry = jar.getNextEntry(); entry != null; entry = jar.getNextEntry()) {
                    if (!entry.isDirectory()) {
                        add(entry.getName(), jar.readAllBytes());
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(place.toString(), e);
        }
    }

    private void add(String name, byte[] content) {
        files.put(name, content);
        if (name.endsWith(CLASS) && !name.startsWith("META-INF/") && !name.endsWith("-info.class")) {
            names.add(name.substring(0, name.length() - CLASS.length()));
        }
    }

    List<ClassNode> all() {
        return names.stream().map(this::parsed).toList();
    }

    /** The classes whose files hold a text, such as the name of another class. */
    List<ClassNode> naming(String text) {
        return names.stream()
                .filter(name -> new String(files.get(name + CLASS), StandardCharsets.ISO_8859_1).contains(text))
                .map(this::parsed)
                .toList();
    }

    boolean has(String internalName) {
        return names.contains(internalName);
    }

    @Nullable
    ClassNode get(String internalName) {
        return has(internalName) ? parsed(internalName) : null;
    }

    private ClassNode parsed(String internalName) {
        return nodes.computeIfAbsent(internalName, name -> {
            ClassNode node = new ClassNode();
            new ClassReader(files.get(name + CLASS)).accept(node, ClassReader.SKIP_FRAMES);
            return node;
        });
    }

    /** Files by their names with slashes, class files among them. */
    Map<String, byte[]> files() {
        return files;
    }

    /** Whether a class is another one or, as far as its parents are among these classes, extends or implements it. */
    boolean isA(@Nullable String internalName, String parent) {
        if (parent.equals(internalName)) {
            return true;
        }
        ClassNode node = internalName == null ? null : get(internalName);
        return node != null
                && (isA(node.superName, parent) || node.interfaces.stream().anyMatch(face -> isA(face, parent)));
    }
}
