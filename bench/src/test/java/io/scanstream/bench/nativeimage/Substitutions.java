package io.scanstream.bench.nativeimage;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.AnnotationNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * Substitutions that would end a native build because a library is of another version than the one they were written for:
 * what they replace, or what their condition asks, is not there.
 */
final class Substitutions {
    private static final String TARGET = "Lcom/oracle/svm/core/annotate/TargetClass;";

    /** What the compiler itself and other operating systems bring. */
    private static final List<String> ELSEWHERE = List.of(
            "com/oracle/", "org/graalvm/", "jdk/", "sun/nio/ch/Iocp", "sun/nio/ch/Windows", "java/", "javax/", "sun/");

    /** A line for each. */
    static List<String> broken(Classes all) {
        List<String> broken = new ArrayList<>();
        for (ClassNode type : all.naming(TARGET)) {
            for (AnnotationNode annotation : annotations(type)) {
                if (annotation.desc.equals(TARGET)) {
                    check(type, annotation, all, broken);
                }
            }
        }
        return broken;
    }

    private static void check(ClassNode type, AnnotationNode annotation, Classes all, List<String> broken) {
        List<?> conditions = value(annotation, "onlyWith") instanceof List<?> several ? several : List.of();
        for (Object condition : conditions) {
            String name = ((Type) condition).getInternalName();
            for (String missing : missing(name, all)) {
                broken.add(type.name + " is replaced only if " + name + " says so, which needs " + missing);
            }
        }
        String target = target(annotation);
        if (conditions.isEmpty() && isMissing(target, all)) {
            broken.add(type.name + " replaces " + target + ", which is not there");
        }
    }

    private static String target(AnnotationNode annotation) {
        String name = value(annotation, "value") instanceof Type type
                ? type.getInternalName()
                : String.valueOf(value(annotation, "className")).replace('.', '/');
        return value(annotation, "innerClass") instanceof List<?> inner && !inner.isEmpty()
                ? name + "$" + inner.get(0)
                : name;
    }

    private static Set<String> missing(String condition, Classes all) {
        Set<String> missing = new TreeSet<>();
        ClassNode type = all.get(condition);
        if (type == null) {
            return isMissing(condition, all) ? Set.of(condition) : Set.of();
        }
        for (MethodNode method : type.methods) {
            for (AbstractInsnNode instruction : method.instructions) {
                if (instruction instanceof MethodInsnNode call && isMissing(call.owner, all)) {
                    missing.add(call.owner);
                }
            }
        }
        return missing;
    }

    private static boolean isMissing(String name, Classes all) {
        return !name.startsWith("[") && ELSEWHERE.stream().noneMatch(name::startsWith) && !all.has(name);
    }

    private static List<AnnotationNode> annotations(ClassNode type) {
        List<AnnotationNode> annotations = new ArrayList<>();
        if (type.visibleAnnotations != null) {
            annotations.addAll(type.visibleAnnotations);
        }
        if (type.invisibleAnnotations != null) {
            annotations.addAll(type.invisibleAnnotations);
        }
        return annotations;
    }

    private static @Nullable Object value(AnnotationNode annotation, String name) {
        List<Object> values = annotation.values == null ? List.of() : annotation.values;
        return IntStream.range(0, values.size() / 2)
                .filter(i -> values.get(2 * i).equals(name))
                .mapToObj(i -> values.get(2 * i + 1))
                .findFirst()
                .orElse(null);
    }

    private Substitutions() {}
}
