package io.scanstream.trainer.weights;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the pickle of a state_dict. A pickle is a program that may name any function of Python; this one knows the
 * ordered dictionary, PyTorch's function that makes a tensor of a storage, and the storages, makes plain values of them,
 * calls nothing, and refuses every other name and every instruction that torch.save does not write (pickle protocol 2, as
 * in Python's {@code pickletools}).
 */
final class Unpickler {
    private static final String ORDERED_DICT = "collections OrderedDict";
    private static final String REBUILD_TENSOR = "torch._utils _rebuild_tensor_v2";
    private static final String TORCH = "torch ";

    /** A storage's bytes, by its key in the archive. */
    record Storage(ElementType type, String key, long elements) {}

    /** A view of a storage; offset and strides in elements. Nothing of it is checked yet. */
    record Tensor(Storage storage, long offset, List<Long> shape, List<Long> strides) {}

    private record Tuple(List<Object> items) {}

    private record Global(String name) {}

    private enum Special {
        MARK,
        NONE
    }

    private final ByteBuffer in;
    private final Deque<Object> stack = new ArrayDeque<>();
    private final Map<Integer, Object> memo = new HashMap<>();

    Unpickler(byte[] pickle) {
        this.in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * The pickled value: maps, lists, texts, numbers and {@link Tensor}s.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} for anything that is not the pickle of a state_dict
     */
    Object load() {
        try {
            while (true) {
                int code = in.get() & 0xFF;
                if (code == '.') {
                    return stack.pop();
                }
                step(code);
            }
        } catch (BufferUnderflowException | NoSuchElementException | ClassCastException | IndexOutOfBoundsException e) {
            throw refused("is cut short or damaged at byte " + in.position());
        }
    }

    private void step(int code) {
        switch (code) {
            case 0x80 -> protocol(in.get());
            case '(' -> stack.push(Special.MARK);
            case '}' -> stack.push(new LinkedHashMap<>());
            case ']' -> stack.push(new ArrayList<>());
            case ')' -> stack.push(new Tuple(List.of()));
            case 't' -> stack.push(new Tuple(sinceMark()));
            case 0x85 -> stack.push(new Tuple(top(1)));
            case 0x86 -> stack.push(new Tuple(top(2)));
            case 0x87 -> stack.push(new Tuple(top(3)));
            case 'N' -> stack.push(Special.NONE);
            case 0x88 -> stack.push(true);
            case 0x89 -> stack.push(false);
            case 'K' -> stack.push((long) (in.get() & 0xFF));
            case 'M' -> stack.push((long) (in.getShort() & 0xFFFF));
            case 'J' -> stack.push((long) in.getInt());
            case 0x8a -> stack.push(longOf(in.get() & 0xFF));
            case 'G' -> stack.push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
            case 'X' -> stack.push(text(in.getInt()));
            case 'c' -> stack.push(global());
            case 'q' -> memo.put(in.get() & 0xFF, stack.element());
            case 'r' -> memo.put(in.getInt(), stack.element());
            case 'h' -> stack.push(remembered(in.get() & 0xFF));
            case 'j' -> stack.push(remembered(in.getInt()));
            case 'Q' -> stack.push(storage((Tuple) stack.pop()));
            case 'R' -> reduce();
            case 'a' -> append(top(1));
            case 'e' -> append(sinceMark());
            case 's' -> setItems(top(2));
            case 'u' -> setItems(sinceMark());
            case 'b' -> setAttributes();
            default -> throw refused(String.format("has the instruction 0x%02x, which no state_dict needs", code));
        }
    }

    private static void protocol(int version) {
        if (version != 2) {
            throw refused("is of protocol " + version + "; torch.save writes 2");
        }
    }

    /** The values since the last mark, first to last; the mark goes too. */
    private List<Object> sinceMark() {
        List<Object> items = new ArrayList<>();
        for (Object item = stack.pop(); item != Special.MARK; item = stack.pop()) {
            items.add(item);
        }
        java.util.Collections.reverse(items);
        return items;
    }

    private List<Object> top(int count) {
        Object[] items = new Object[count];
        for (int i = count - 1; i >= 0; i--) {
            items[i] = stack.pop();
        }
        return List.of(items);
    }

    private long longOf(int bytes) {
        if (bytes > Long.BYTES) {
            throw refused("has a number of " + bytes + " bytes");
        }
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (in.get() & 0xFFL) << (8 * i);
        }
        int unused = Long.SIZE - 8 * bytes;
        return bytes == 0 ? 0 : value << unused >> unused;
    }

    private String text(int length) {
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private String line() {
        int from = in.position();
        while (in.get() != '\n') {
            if (in.position() - from > 200) {
                throw refused("has a name of more than 200 characters");
            }
        }
        return new String(in.array(), from, in.position() - from - 1, StandardCharsets.UTF_8);
    }

    private Global global() {
        String name = line() + " " + line();
        boolean storage = name.startsWith(TORCH)
                && ElementType.ofStorage(name.substring(TORCH.length())).isPresent();
        if (!storage && !name.equals(ORDERED_DICT) && !name.equals(REBUILD_TENSOR)) {
            throw refused("names '" + name.replace(' ', '.')
                    + "', which is not a part of plain weights. Save model.state_dict() in float32, float16, bfloat16,"
                    + " float64, int64 or int32");
        }
        return new Global(name);
    }

    private Object remembered(int key) {
        Object value = memo.get(key);
        if (value == null) {
            throw refused("refers to something that it does not have");
        }
        return value;
    }

    /** {@code ('storage', class, key, device, elements)}. */
    private static Storage storage(Tuple id) {
        Global kind = (Global) id.items().get(1);
        if (!"storage".equals(id.items().get(0)) || !kind.name().startsWith(TORCH)) {
            throw refused("refers to something that is no storage");
        }
        ElementType type =
                ElementType.ofStorage(kind.name().substring(TORCH.length())).orElseThrow();
        return new Storage(type, (String) id.items().get(2), (Long) id.items().get(4));
    }

    private void reduce() {
        Tuple arguments = (Tuple) stack.pop();
        Global function = (Global) stack.pop();
        if (function.name().equals(REBUILD_TENSOR)) {
            List<Object> items = arguments.items();
            stack.push(
                    new Tensor((Storage) items.get(0), (Long) items.get(1), longs(items.get(2)), longs(items.get(3))));
        } else if (function.name().equals(ORDERED_DICT) && arguments.items().isEmpty()) {
            stack.push(new LinkedHashMap<>());
        } else {
            throw refused("calls '" + function.name().replace(' ', '.') + "' as no state_dict does");
        }
    }

    private static List<Long> longs(Object tuple) {
        List<Long> values = new ArrayList<>();
        for (Object item : ((Tuple) tuple).items()) {
            values.add((Long) item);
        }
        return values;
    }

    @SuppressWarnings("unchecked")
    private void append(List<Object> items) {
        ((List<Object>) list(stack.element())).addAll(items);
    }

    private void setItems(List<Object> items) {
        if (items.size() % 2 != 0) {
            throw refused("has a name without a value");
        }
        Map<Object, Object> map = map(stack.element());
        for (int i = 0; i < items.size(); i += 2) {
            if (!(items.get(i) instanceof String) && !(items.get(i) instanceof Long)) {
                // The hash of something that contains itself would be computed without end.
                throw refused("has a key that is neither a text nor a number");
            }
            map.put(items.get(i), items.get(i + 1));
        }
    }

    /** An ordered dictionary's own attributes, torch's {@code _metadata} of module versions: not needed. */
    private void setAttributes() {
        stack.pop();
        map(stack.element());
    }

    private static List<?> list(@Nullable Object value) {
        if (value instanceof ArrayList<?> list) {
            return list;
        }
        throw refused("adds to something that is no list");
    }

    @SuppressWarnings("unchecked")
    private static Map<Object, Object> map(@Nullable Object value) {
        if (value instanceof LinkedHashMap<?, ?> map) {
            return (Map<Object, Object>) map;
        }
        throw refused("sets a field of something that has none");
    }

    private static ScanstreamException refused(String what) {
        return new ScanstreamException(ErrorCode.INVALID_REQUEST, "its pickle " + what + ".");
    }
}
