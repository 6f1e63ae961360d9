package io.scanstream.bench.nativeimage;

import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.analysis.Frame;

/** The classes that our own code looks up by name, or looks into: {@code Class.forName} and {@code getDeclaredMethod}. */
final class NamedTypes {
    private static final String CLASS = "java/lang/Class";

    /** Internal names. */
    static Set<String> in(Classes ours) {
        Set<String> named = new TreeSet<>();
        for (ClassNode owner : ours.all()) {
            for (MethodNode method : owner.methods) {
                if (calls(method)) {
                    add(owner, method, ours, named);
                }
            }
        }
        named.remove(CLASS);
        return named;
    }

    private static boolean calls(MethodNode method) {
        for (AbstractInsnNode instruction : method.instructions) {
            if (instruction instanceof MethodInsnNode call && call.owner.equals(CLASS)) {
                return true;
            }
        }
        return false;
    }

    private static void add(ClassNode owner, MethodNode method, Classes ours, Set<String> named) {
        Frame<Flow.Origins>[] frames = Flow.frames(owner, method, ours);
        for (int i = 0; i < frames.length; i++) {
            @Nullable Frame<Flow.Origins> frame = frames[i];
            if (frame == null
                    || !(method.instructions.get(i) instanceof MethodInsnNode call)
                    || !call.owner.equals(CLASS)) {
                continue;
            }
            if (call.name.equals("forName") && call.getPrevious() instanceof LdcInsnNode name) {
                named.add(name.cst.toString().replace('.', '/'));
            } else if (call.name.matches("get(Declared)?(Method|Field|Constructor)s?")) {
                int below = Type.getArgumentTypes(call.desc).length + 1;
                named.addAll(frame.getStack(frame.getStackSize() - below).types());
            }
        }
    }

    private NamedTypes() {}
}
