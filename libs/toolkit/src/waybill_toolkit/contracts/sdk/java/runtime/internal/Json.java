package waybill.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads and writes JSON (RFC 8259): objects are maps, arrays lists, numbers Long where they are whole
 * and fit, else Double; null is null.
 */
public final class Json {
    /** The maximum depth; deeper input is refused to prevent a stack overflow. */
    private static final int DEPTH_MAX = 200;

    private final String text;
    private int position;
    private int depth;

    private Json(String text) {
        this.text = text;
    }

    /** Reads one value. Throws IllegalArgumentException with the position of an error. */
    public static Object read(String text) {
        Json json = new Json(text);
        Object value = json.value();
        json.skipSpace();
        if (json.position < text.length()) {
            throw json.fault("nothing more");
        }
        return value;
    }

    private Object value() {
        return switch (peek()) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, Object> object() {
        Map<String, Object> members = new LinkedHashMap<>();
        enter();
        while (!ends('}', members.isEmpty())) {
            if (peek() != '"') {
                throw fault("a name");
            }
            String name = string();
            expect(':');
            members.put(name, value());
        }
        return members;
    }

    private List<Object> array() {
        List<Object> items = new ArrayList<>();
        enter();
        while (!ends(']', items.isEmpty())) {
            items.add(value());
        }
        return items;
    }

    private void enter() {
        position++;
        if (++depth > DEPTH_MAX) {
            throw fault("less depth");
        }
    }

    /** Reads the end, or the comma before the next element. */
    private boolean ends(char end, boolean isFirst) {
        if (peek() == end) {
            position++;
            depth--;
            return true;
        }
        if (!isFirst) {
            expect(',');
        }
        return false;
    }

    private String string() {
        StringBuilder found = new StringBuilder();
        position++;
        while (true) {
            char next = take();
            if (next == '"') {
                return found.toString();
            }
            if (next < ' ') {
                throw fault("an escape");
            }
            found.append(next == '\\' ? escape() : next);
        }
    }

    private char escape() {
        char kind = take();
        return switch (kind) {
            case '"', '\\', '/' -> kind;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw fault("an escape");
        };
    }

    private char unicode() {
        int code = 0;
        for (int index = 0; index < 4; index++) {
            int digit = Character.digit(take(), 16);
            if (digit < 0) {
                throw fault("four hexadecimal digits");
            }
            code = code * 16 + digit;
        }
        return (char) code;
    }

    private Object number() {
        int start = position;
        while (position < text.length() && "+-.eE0123456789".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
        String found = text.substring(start, position);
        if (!found.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?")) {
            throw fault("a value");
        }
        try {
            return Long.valueOf(found);
        } catch (NumberFormatException notWhole) {
            return Double.valueOf(found);
        }
    }

    private Object word(String word, Object meaning) {
        if (!text.startsWith(word, position)) {
            throw fault("a value");
        }
        position += word.length();
        return meaning;
    }

    private void expect(char wanted) {
        if (peek() != wanted) {
            throw fault("'" + wanted + "'");
        }
        position++;
    }

    private char peek() {
        skipSpace();
        if (position >= text.length()) {
            throw fault("more");
        }
        return text.charAt(position);
    }

    private char take() {
        if (position >= text.length()) {
            throw fault("more");
        }
        return text.charAt(position++);
    }

    private void skipSpace() {
        while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
    }

    private IllegalArgumentException fault(String wanted) {
        return new IllegalArgumentException("no JSON: " + wanted + " is wanted at " + position);
    }

    /** Writes maps, lists, strings, numbers, booleans and null. */
    public static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        if (value instanceof Map<?, ?> members) {
            char before = '{';
            for (Map.Entry<?, ?> member : members.entrySet()) {
                out.append(before);
                quote(member.getKey().toString(), out);
                out.append(':');
                write(member.getValue(), out);
                before = ',';
            }
            out.append(members.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> items) {
            char before = '[';
            for (Object item : items) {
                out.append(before);
                write(item, out);
                before = ',';
            }
            out.append(items.isEmpty() ? "[]" : "]");
        } else if (value instanceof CharSequence characters) {
            quote(characters, out);
        } else {
            out.append(value);
        }
    }

    private static void quote(CharSequence characters, StringBuilder out) {
        out.append('"');
        for (int index = 0; index < characters.length(); index++) {
            char next = characters.charAt(index);
            if (next == '"' || next == '\\') {
                out.append('\\').append(next);
            } else if (next < ' ' || Character.isSurrogate(next)) {
                out.append(String.format("\\u%04x", (int) next));
            } else {
                out.append(next);
            }
        }
        out.append('"');
    }
}
