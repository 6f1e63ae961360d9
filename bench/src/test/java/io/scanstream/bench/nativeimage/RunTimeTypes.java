package io.scanstream.bench.nativeimage;

import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TypeInsnNode;

/**
 * The classes whose static initialisers must run in the process and not, as Quarkus has it of all others, while the executable
 * is built: they draw random numbers, load native libraries or look for image readers, or touch a class that does.
 */
final class RunTimeTypes {
    private static final Pattern AT_RUN_TIME = Pattern.compile("java/util/(Split\\w*)?Random\\.<init>"
            + "|java/security/SecureRandom\\.<init>"
            + "|java/lang/System\\.load(Library)?"
            + "|java/lang/Thread\\.<init>"
            + "|javax/imageio/.*|java/awt/.*"
            + "|.*/util/Native\\.load"
            + "|org/xerial/snappy/SnappyLoader\\.\\w+"
            + "|net/jpountz/\\w+/\\w+Factory\\.\\w+"
            + "|ai/onnxruntime/OnnxRuntime\\.init");

    /** Internal names. */
    static Set<String> in(Classes classes) {
        Set<String> late = new TreeSet<>();
        int before;
        do {
            before = late.size();
            for (ClassNode type : classes.all()) {
                if (touches(type, "<clinit>()V", late, new HashSet<>())) {
                    late.add(type.name);
                }
            }
        } while (late.size() > before);
        return late;
    }

    /** Whether a method does so, or one of the same class that it calls. */
    private static boolean touches(ClassNode type, String method, Set<String> late, Set<String> seen) {
        if (!seen.add(method)) {
            return false;
        }
        for (MethodNode candidate : type.methods) {
            if ((candidate.name + candidate.desc).equals(method)) {
                for (AbstractInsnNode instruction : candidate.instructions) {
                    if (touches(type, instruction, late, seen)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static boolean touches(ClassNode type, AbstractInsnNode instruction, Set<String> late, Set<String> seen) {
        String owner = type.name;
        String member = "";
        if (instruction instanceof MethodInsnNode call) {
            if (call.owner.equals(type.name)) {
                return call.getOpcode() == Opcodes.INVOKESTATIC && touches(type, call.name + call.desc, late, seen);
            }
            owner = call.owner;
            member = call.name;
        } else if (instruction instanceof FieldInsnNode field) {
            owner = field.owner;
            member = field.name;
        } else if (instruction instanceof TypeInsnNode made && made.getOpcode() == Opcodes.NEW) {
            owner = made.desc;
        }
        return !owner.equals(type.name)
                && (late.contains(owner)
                        || AT_RUN_TIME.matcher(owner + "." + member).matches());
    }

    private RunTimeTypes() {}
}
