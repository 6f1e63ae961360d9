package io.scanstream.bench.nativeimage;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.AnnotationNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.analysis.Frame;

/**
 * The classes of ours that Jackson reads or writes, from their bytecode: what is handed to it, by whatever detours through our
 * own methods, fields and lambdas, and what that consists of. Beside these, every record and enum of the contracts: they are
 * there to be JSON.
 */
final class JsonTypes {
    private static final String OURS = "io/scanstream/";
    private static final String CONTRACTS = "io/scanstream/contracts/";
    private static final String JACKSON = "com/fasterxml/jackson/";
    private static final String TYPE_REFERENCE = "com/fasterxml/jackson/core/type/TypeReference";

    /** Jackson's classes that look into what they are given; {@code JsonNode} and the like only hold it. */
    private static final Set<String> MAPPERS = Set.of(
            "com/fasterxml/jackson/databind/ObjectMapper",
            "com/fasterxml/jackson/databind/ObjectReader",
            "com/fasterxml/jackson/databind/ObjectWriter",
            "com/fasterxml/jackson/databind/type/TypeFactory",
            "com/fasterxml/jackson/core/ObjectCodec",
            "com/fasterxml/jackson/core/JsonGenerator");

    private final Classes ours;
    /** Parameters that end up with Jackson, as {@code owner.name(desc)#index}; of constructors and other methods alike. */
    private final Set<String> parameters = new HashSet<>();
    /** Fields that end up with Jackson, as {@code owner.name}. */
    private final Set<String> fields = new HashSet<>();

    private final Set<String> roots = new TreeSet<>();
    private final IdentityHashMap<MethodNode, Frame<Flow.Origins>[]> analysed = new IdentityHashMap<>();
    private boolean changed;

    private JsonTypes(Classes ours) {
        this.ours = ours;
    }

    /** Their internal names. */
    static Set<String> in(Classes ours) {
        JsonTypes types = new JsonTypes(ours);
        do {
            types.changed = false;
            types.walk();
        } while (types.changed);
        for (ClassNode type : ours.all()) {
            if (type.name.startsWith(CONTRACTS) && isData(type)) {
                types.roots.add(type.name);
            }
        }
        return types.closure();
    }

    private static boolean isData(ClassNode type) {
        return (type.access & (Opcodes.ACC_RECORD | Opcodes.ACC_ENUM)) != 0
                || annotations(type).stream().anyMatch(annotation -> annotation.desc.startsWith("L" + JACKSON));
    }

    private void walk() {
        for (ClassNode owner : ours.all()) {
            for (MethodNode method : owner.methods) {
                if (method.instructions.size() > 0) {
                    walk(owner, method);
                }
            }
        }
    }

    private void walk(ClassNode owner, MethodNode method) {
        Frame<Flow.Origins>[] frames = analysed.computeIfAbsent(method, unseen -> Flow.frames(owner, method, ours));
        for (int i = 0; i < frames.length; i++) {
            Frame<Flow.Origins> frame = frames[i];
            AbstractInsnNode instruction = method.instructions.get(i);
            if (frame == null) {
                continue;
            }
            if (instruction instanceof MethodInsnNode call) {
                call(owner, method, call, frame);
            } else if (instruction instanceof InvokeDynamicInsnNode lambda) {
                capture(owner, method, lambda, frame);
            } else if (instruction instanceof FieldInsnNode field
                    && (field.getOpcode() == Opcodes.PUTFIELD || field.getOpcode() == Opcodes.PUTSTATIC)
                    && fields.contains(field.owner + "." + field.name)) {
                given(owner, method, frame.getStack(frame.getStackSize() - 1));
            }
        }
    }

    private void call(ClassNode owner, MethodNode method, MethodInsnNode call, Frame<Flow.Origins> frame) {
        Type[] types = Type.getArgumentTypes(call.desc);
        for (int i = 0; i < types.length; i++) {
            if (isRead(call.owner, call.name, call.desc, i)) {
                given(owner, method, frame.getStack(frame.getStackSize() - types.length + i));
            }
        }
    }

    /** What a lambda captures are the first parameters of its method; the types of the others say who calls it. */
    private void capture(ClassNode owner, MethodNode method, InvokeDynamicInsnNode lambda, Frame<Flow.Origins> frame) {
        Handle target = Flow.target(lambda);
        if (target == null) {
            return;
        }
        boolean bound = target.getTag() != Opcodes.H_INVOKESTATIC && target.getTag() != Opcodes.H_NEWINVOKESPECIAL;
        int captured = Type.getArgumentTypes(lambda.desc).length;
        Type[] called = Type.getArgumentTypes(((Type) lambda.bsmArgs[2]).getDescriptor());
        int parameterCount = Type.getArgumentTypes(target.getDesc()).length;
        for (int i = 0; i < parameterCount; i++) {
            if (!isRead(target.getOwner(), target.getName(), target.getDesc(), i)) {
                continue;
            }
            int argument = bound ? i + 1 : i;
            if (argument < captured) {
                given(owner, method, frame.getStack(frame.getStackSize() - captured + argument));
            } else {
                Types.namedIn(called[argument - captured], null).forEach(this::root);
            }
        }
    }

    private boolean isRead(String owner, String name, String desc, int index) {
        if (MAPPERS.contains(owner)) {
            Type type = Type.getArgumentTypes(desc)[index];
            return type.getSort() >= Type.ARRAY;
        }
        return owner.startsWith(OURS) && parameters.contains(key(owner, name, desc, index));
    }

    private void given(ClassNode owner, MethodNode method, Flow.Origins value) {
        value.types().forEach(this::root);
        for (int parameter : value.parameters()) {
            changed |= parameters.add(key(owner.name, method.name, method.desc, parameter));
        }
        for (String field : value.fields()) {
            if (field.startsWith(OURS)) {
                changed |= fields.add(field);
            }
        }
    }

    /** Methods go without their class: a call may name a parent of it, or an interface. */
    private static String key(String owner, String name, String desc, int index) {
        boolean isVirtual = !name.equals("<init>") && !name.startsWith("lambda$");
        return (isVirtual ? "" : owner) + "." + name + desc + "#" + index;
    }

    private void root(String internalName) {
        if (internalName.startsWith(OURS) && ours.has(internalName)) {
            roots.add(internalName);
        }
    }

    /** The roots and what they consist of: components, subtypes, type arguments, and the classes that annotations name. */
    private Set<String> closure() {
        Set<String> reached = new TreeSet<>();
        Deque<String> open = new ArrayDeque<>(roots);
        while (!open.isEmpty()) {
            String name = open.pop();
            ClassNode type = ours.get(name);
            if (type == null || !reached.add(name)) {
                continue;
            }
            if (TYPE_REFERENCE.equals(type.superName)) {
                open.addAll(Types.namedIn(type.signature));
                reached.remove(name);
                continue;
            }
            open.addAll(parts(type));
        }
        return reached;
    }

    private static Set<String> parts(ClassNode type) {
        Set<String> parts = new HashSet<>();
        boolean isEnum = (type.access & Opcodes.ACC_ENUM) != 0;
        parts.addAll(namedIn(annotations(type)));
        if (type.permittedSubclasses != null) {
            parts.addAll(type.permittedSubclasses);
        }
        if (type.superName != null) {
            parts.add(type.superName);
        }
        type.fields.stream()
                .filter(field -> (field.access & Opcodes.ACC_STATIC) == 0)
                .forEach(field -> parts.addAll(Types.namedIn(Type.getType(field.desc), field.signature)));
        for (MethodNode method : type.methods) {
            List<AnnotationNode> annotations =
                    method.visibleAnnotations == null ? List.of() : method.visibleAnnotations;
            parts.addAll(namedIn(annotations));
            boolean isGetter = !isEnum
                    && (method.access & Opcodes.ACC_STATIC) == 0
                    && Type.getArgumentTypes(method.desc).length == 0
                    && method.name.matches("(get|is)[A-Z].*");
            if (isGetter || annotations.stream().anyMatch(annotation -> annotation.desc.startsWith("L" + JACKSON))) {
                parts.addAll(Types.namedIn(method.signature == null ? method.desc : method.signature));
            }
        }
        return parts;
    }

    private static List<AnnotationNode> annotations(ClassNode type) {
        return type.visibleAnnotations == null ? List.of() : type.visibleAnnotations;
    }

    private static Set<String> namedIn(List<AnnotationNode> annotations) {
        Set<String> named = new HashSet<>();
        annotations.stream()
                .filter(annotation -> annotation.desc.startsWith("L" + JACKSON))
                .forEach(annotation -> addNamed(annotation, named));
        return named;
    }

    private static void addNamed(@Nullable Object value, Set<String> named) {
        if (value instanceof Type type) {
            named.addAll(Types.namedIn(type, null));
        } else if (value instanceof List<?> several) {
            several.forEach(one -> addNamed(one, named));
        } else if (value instanceof AnnotationNode annotation) {
            addNamed(annotation.values, named);
        }
    }
}
