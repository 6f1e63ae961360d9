package io.scanstream.bench.nativeimage;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.AnnotationNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.MethodNode;

/** What the MinIO client and the XML library under it make by reflection. */
final class MinioTypes {
    private static final String XML = "org/simpleframework/xml/";
    private static final String ARGUMENTS = "io/minio/BaseArgs";

    /**
     * Classes with the XML library's annotations, the converters that these name, the arguments that builders make, and the
     * XML library's own classes that it names as constants to make them later. Internal names.
     *
     * @param library the client with the XML library
     */
    static Set<String> in(Classes library) {
        Set<String> touched = new TreeSet<>();
        for (ClassNode type : library.all()) {
            if (type.name.startsWith(XML)) {
                type.methods.forEach(method -> addConstants(method, touched));
                continue;
            }
            List<AnnotationNode> annotations = xmlAnnotations(type);
            if (!annotations.isEmpty() || library.isA(type.name, ARGUMENTS)) {
                touched.add(type.name);
            }
            annotations.forEach(annotation -> addClasses(annotation.values, touched));
        }
        touched.removeIf(name -> !library.has(name));
        return touched;
    }

    private static void addConstants(MethodNode method, Set<String> touched) {
        for (AbstractInsnNode instruction : method.instructions) {
            if (instruction instanceof LdcInsnNode constant && constant.cst instanceof Type type) {
                Types.namedIn(type, null).stream()
                        .filter(name -> name.startsWith(XML))
                        .forEach(touched::add);
            }
        }
    }

    private static List<AnnotationNode> xmlAnnotations(ClassNode type) {
        List<AnnotationNode> all = new ArrayList<>();
        addXml(type.visibleAnnotations, all);
        type.fields.forEach(field -> addXml(field.visibleAnnotations, all));
        for (MethodNode method : type.methods) {
            addXml(method.visibleAnnotations, all);
            if (method.visibleParameterAnnotations != null) {
                for (List<AnnotationNode> parameter : method.visibleParameterAnnotations) {
                    addXml(parameter, all);
                }
            }
        }
        return all;
    }

    private static void addXml(@Nullable List<AnnotationNode> annotations, List<AnnotationNode> all) {
        if (annotations != null) {
            annotations.stream()
                    .filter(annotation -> annotation.desc.startsWith("L" + XML))
                    .forEach(all::add);
        }
    }

    private static void addClasses(@Nullable List<Object> values, Set<String> touched) {
        if (values != null) {
            values.stream()
                    .filter(Type.class::isInstance)
                    .forEach(type -> touched.addAll(Types.namedIn((Type) type, null)));
        }
    }

    private MinioTypes() {}
}
