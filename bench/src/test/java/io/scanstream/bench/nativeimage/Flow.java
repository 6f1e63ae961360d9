package io.scanstream.bench.nativeimage;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.LocalVariableNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TypeInsnNode;
import org.objectweb.asm.tree.VarInsnNode;
import org.objectweb.asm.tree.analysis.Analyzer;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.tree.analysis.Frame;
import org.objectweb.asm.tree.analysis.Interpreter;
import org.objectweb.asm.tree.analysis.Value;

/**
 * What may lie in a variable or on the stack: which types, as far as the bytecode and its generic signatures say, and which
 * parameters and fields it comes from.
 */
final class Flow extends Interpreter<Flow.Origins> {
    private final MethodNode method;
    private final Classes ours;

    Flow(MethodNode method, Classes ours) {
        super(Opcodes.ASM9);
        this.method = method;
        this.ours = ours;
    }

    /** What lies where before each instruction of a method; null before those that are never reached. */
    static @Nullable Frame<Origins>[] frames(ClassNode owner, MethodNode method, Classes ours) {
        try {
            return new Analyzer<>(new Flow(method, ours)).analyze(owner.name, method);
        } catch (AnalyzerException e) {
            throw new IllegalStateException(owner.name + "." + method.name + method.desc, e);
        }
    }

    /**
     * Where a value comes from.
     *
     * @param size 1, or 2 for {@code long} and {@code double}
     * @param types internal names, of static types and of class constants alike
     * @param parameters by their index among the method's parameters; {@code this} is none
     * @param fields {@code owner.name}
     */
    record Origins(int size, Set<String> types, Set<Integer> parameters, Set<String> fields) implements Value {
        static final Origins NONE = new Origins(1, Set.of(), Set.of(), Set.of());
        static final Origins WIDE = new Origins(2, Set.of(), Set.of(), Set.of());

        static Origins typed(Type type, @Nullable String signature) {
            if (type.getSize() == 2) {
                return WIDE;
            }
            return new Origins(1, Types.namedIn(type, signature), Set.of(), Set.of());
        }

        Origins and(Origins other) {
            return new Origins(
                    size, union(types, other.types), union(parameters, other.parameters), union(fields, other.fields));
        }

        private static <T> Set<T> union(Set<T> one, Set<T> other) {
            if (one.containsAll(other)) {
                return one;
            }
            Set<T> both = new HashSet<>(one);
            both.addAll(other);
            return both;
        }

        @Override
        public int getSize() {
            return size;
        }
    }

    @Override
    public @Nullable Origins newValue(@Nullable Type type) {
        if (type == null) {
            return Origins.NONE;
        }
        return type.equals(Type.VOID_TYPE) ? null : Origins.typed(type, null);
    }

    @Override
    public Origins newParameterValue(boolean isInstanceMethod, int local, Type type) {
        Type[] parameters = Type.getArgumentTypes(method.desc);
        int slot = isInstanceMethod ? 1 : 0;
        for (int i = 0; i < parameters.length; i++) {
            if (slot == local) {
                Origins typed = Origins.typed(type, signatureAt(local, 0));
                return typed.size() == 2 ? typed : new Origins(1, typed.types(), Set.of(i), Set.of());
            }
            slot += parameters[i].getSize();
        }
        return Origins.typed(type, null);
    }

    @Override
    public Origins newOperation(AbstractInsnNode instruction) {
        if (instruction instanceof LdcInsnNode constant) {
            boolean wide = constant.cst instanceof Long || constant.cst instanceof Double;
            return constant.cst instanceof Type type ? Origins.typed(type, null) : wide ? Origins.WIDE : Origins.NONE;
        }
        if (instruction instanceof FieldInsnNode field) {
            return ofField(field);
        }
        if (instruction instanceof TypeInsnNode made) {
            return Origins.typed(Type.getObjectType(made.desc), null);
        }
        boolean wide = instruction.getOpcode() == Opcodes.LCONST_0
                || instruction.getOpcode() == Opcodes.LCONST_1
                || instruction.getOpcode() == Opcodes.DCONST_0
                || instruction.getOpcode() == Opcodes.DCONST_1;
        return wide ? Origins.WIDE : Origins.NONE;
    }

    @Override
    public Origins copyOperation(AbstractInsnNode instruction, Origins value) {
        if (instruction.getOpcode() == Opcodes.ALOAD && instruction instanceof VarInsnNode load) {
            String signature = signatureAt(load.var, method.instructions.indexOf(load));
            if (signature != null) {
                return value.and(Origins.typed(Type.getType(Object.class), signature));
            }
        }
        return value;
    }

    @Override
    public @Nullable Origins unaryOperation(AbstractInsnNode instruction, Origins value) {
        return switch (instruction.getOpcode()) {
            case Opcodes.GETFIELD -> ofField((FieldInsnNode) instruction);
            case Opcodes.CHECKCAST ->
                value.and(Origins.typed(Type.getObjectType(((TypeInsnNode) instruction).desc), null));
            case Opcodes.LNEG,
                    Opcodes.DNEG,
                    Opcodes.I2L,
                    Opcodes.I2D,
                    Opcodes.L2D,
                    Opcodes.F2L,
                    Opcodes.F2D,
                    Opcodes.D2L -> Origins.WIDE;
            case Opcodes.ANEWARRAY -> Origins.typed(Type.getObjectType(((TypeInsnNode) instruction).desc), null);
            default -> Origins.NONE;
        };
    }

    @Override
    public @Nullable Origins binaryOperation(AbstractInsnNode instruction, Origins first, Origins second) {
        return switch (instruction.getOpcode()) {
            case Opcodes.AALOAD -> first;
            case Opcodes.LALOAD,
                    Opcodes.DALOAD,
                    Opcodes.LADD,
                    Opcodes.DADD,
                    Opcodes.LSUB,
                    Opcodes.DSUB,
                    Opcodes.LMUL,
                    Opcodes.DMUL,
                    Opcodes.LDIV,
                    Opcodes.DDIV,
                    Opcodes.LREM,
                    Opcodes.DREM,
                    Opcodes.LSHL,
                    Opcodes.LSHR,
                    Opcodes.LUSHR,
                    Opcodes.LAND,
                    Opcodes.LOR,
                    Opcodes.LXOR -> Origins.WIDE;
            default -> Origins.NONE;
        };
    }

    @Override
    public @Nullable Origins ternaryOperation(
            AbstractInsnNode instruction, Origins first, Origins second, Origins third) {
        return null;
    }

    @Override
    public @Nullable Origins naryOperation(AbstractInsnNode instruction, List<? extends Origins> values) {
        if (instruction instanceof MethodInsnNode call) {
            Type type = Type.getReturnType(call.desc);
            if (type.equals(Type.VOID_TYPE)) {
                return null;
            }
            Origins result = Origins.typed(type, resultSignature(call));
            boolean isElement = call.owner.startsWith("java/") && call.getOpcode() != Opcodes.INVOKESTATIC;
            // What a collection or an optional gives out is of the types that its own names.
            return isElement && type.getSort() == Type.OBJECT
                    ? result.and(new Origins(1, values.get(0).types(), Set.of(), Set.of()))
                    : result;
        }
        if (instruction instanceof InvokeDynamicInsnNode lambda) {
            return Origins.typed(Type.getReturnType(lambda.desc), null);
        }
        return Origins.NONE;
    }

    @Override
    public void returnOperation(AbstractInsnNode instruction, Origins value, Origins expected) {
        // What a method returns is looked at where it is called.
    }

    @Override
    public Origins merge(Origins one, Origins other) {
        Origins both = one.and(other);
        return both.equals(one) ? one : both;
    }

    private Origins ofField(FieldInsnNode field) {
        Origins typed = Origins.typed(Type.getType(field.desc), fieldSignature(field));
        return typed.size() == 2
                ? typed
                : new Origins(1, typed.types(), Set.of(), Set.of(field.owner + "." + field.name));
    }

    private @Nullable String fieldSignature(FieldInsnNode field) {
        var owner = ours.get(field.owner);
        return owner == null
                ? null
                : owner.fields.stream()
                        .filter(candidate -> candidate.name.equals(field.name))
                        .map(candidate -> candidate.signature)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElse(null);
    }

    private @Nullable String resultSignature(MethodInsnNode call) {
        var owner = ours.get(call.owner);
        return owner == null
                ? null
                : owner.methods.stream()
                        .filter(candidate -> candidate.name.equals(call.name) && candidate.desc.equals(call.desc))
                        .map(candidate -> candidate.signature)
                        .filter(Objects::nonNull)
                        .map(signature -> signature.substring(signature.indexOf(')') + 1))
                        .findFirst()
                        .orElse(null);
    }

    private @Nullable String signatureAt(int local, int instruction) {
        if (method.localVariables == null) {
            return null;
        }
        for (LocalVariableNode variable : method.localVariables) {
            if (variable.index == local
                    && variable.signature != null
                    && method.instructions.indexOf(variable.start) <= Math.max(instruction, 0)
                    && instruction <= method.instructions.indexOf(variable.end)) {
                return variable.signature;
            }
        }
        return null;
    }

    /** The method that a lambda or a method reference calls, or null for another use of {@code invokedynamic}. */
    static @Nullable Handle target(InvokeDynamicInsnNode instruction) {
        return instruction.bsm.getOwner().equals("java/lang/invoke/LambdaMetafactory")
                        && instruction.bsmArgs[1] instanceof Handle handle
                ? handle
                : null;
    }
}
