package io.scanstream.bench.nativeimage;

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
            + "|net/jpountz/\\w+/\\w+Factory\\.\\w+"
            + "|ai/onnxruntime/OnnxRuntime\\.init");

    /** Internal names. */
    static Set<String> in(Classes classes) {
        Set<String> late = new TreeSet<>();
        int before;
        do {
            before = late.size();
            for (ClassNode type : classes.all()) {
                type.methods.stream()
                        .filter(method -> method.name.equals("<clinit>"))
                        .filter(method -> touches(method, type.name, late))
                        .forEach(method -> late.add(type.name));
            }
        } while (late.size() > before);
        return late;
    }

    private static boolean touches(MethodNode initialiser, String self, Set<String> late) {
        for (AbstractInsnNode instruction : initialiser.instructions) {
            String owner = self;
            String member = "";
            if (instruction instanceof MethodInsnNode call) {
                owner = call.owner;
                member = call.name;
            } else if (instruction instanceof FieldInsnNode field) {
                owner = field.owner;
                member = field.name;
            } else if (instruction instanceof TypeInsnNode type && type.getOpcode() == Opcodes.NEW) {
                owner = type.desc;
            }
            if (!owner.equals(self)
                    && (late.contains(owner)
                            || AT_RUN_TIME.matcher(owner + "." + member).matches())) {
                return true;
            }
        }
        return false;
    }

    private RunTimeTypes() {}
}
