package io.scanstream.bench.nativeimage;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.signature.SignatureReader;
import org.objectweb.asm.signature.SignatureVisitor;

/** Names of classes in types and signatures. */
final class Types {

    /** The internal names of all classes that a type and its generic signature name; of an array, its elements'. */
    static Set<String> namedIn(Type type, @Nullable String signature) {
        Set<String> named = new HashSet<>();
        Type element = type.getSort() == Type.ARRAY ? type.getElementType() : type;
        if (element.getSort() == Type.OBJECT) {
            named.add(element.getInternalName());
        }
        if (signature != null) {
            named.addAll(namedIn(signature));
        }
        return named;
    }

    /** As {@link #namedIn(Type, String)}, of a signature alone: a field's, a method's or a class's. */
    static Set<String> namedIn(String signature) {
        Set<String> named = new HashSet<>();
        SignatureVisitor visitor = new SignatureVisitor(Opcodes.ASM9) {
            private String current = "";

            @Override
            public void visitClassType(String name) {
                current = name;
                named.add(name);
            }

            @Override
            public void visitInnerClassType(String name) {
                current = current + "$" + name;
                named.add(current);
            }
        };
        SignatureReader reader = new SignatureReader(signature);
        if (signature.startsWith("(") || signature.startsWith("<")) {
            reader.accept(visitor);
        } else {
            reader.acceptType(visitor);
        }
        return named;
    }

    private Types() {}
}
