package io.scanstream.bench.nativeimage;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;

/**
 * The classes of a library that its native code touches: those with native methods, whose parameters it gets, and those whose
 * names stand in its shared objects for Linux on x86-64, where {@code FindClass} and the signatures of constructors need them.
 */
final class JniTypes {
    /** Names with slashes, alone, in a signature or behind {@code [}. */
    private static final Pattern NAME = Pattern.compile("(?:[a-z][a-z0-9]*/)+[A-Z][\\w$]*");

    /** Internal names. */
    static Set<String> in(Classes library, Pattern sharedObjects) {
        Set<String> touched = new TreeSet<>();
        for (ClassNode type : library.all()) {
            if (type.methods.stream().anyMatch(method -> (method.access & Opcodes.ACC_NATIVE) != 0)) {
                touched.add(type.name);
            }
        }
        boolean isThere = false;
        for (Map.Entry<String, byte[]> file : library.files().entrySet()) {
            if (sharedObjects.matcher(file.getKey()).matches()) {
                isThere = true;
                Matcher names = NAME.matcher(new String(file.getValue(), StandardCharsets.ISO_8859_1));
                while (names.find()) {
                    if (library.has(names.group()) || isOfTheJdk(names.group())) {
                        touched.add(names.group());
                    }
                }
            }
        }
        if (!isThere) {
            throw new IllegalStateException("no file of the library matches " + sharedObjects);
        }
        return touched;
    }

    private static boolean isOfTheJdk(String internalName) {
        if (!internalName.startsWith("java/")) {
            return false;
        }
        try {
            Class.forName(internalName.replace('/', '.'), false, null);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private JniTypes() {}
}
