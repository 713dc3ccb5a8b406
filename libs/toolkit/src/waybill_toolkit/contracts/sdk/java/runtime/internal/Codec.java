package waybill.internal;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import waybill.model.Extra;
import waybill.model.OneOf;
import waybill.model.OpenEnum;
import waybill.model.Wire;

/**
 * Converts JSON to records and back. Unknown members go to the component with @Extra, and null is not
 * written. Throws IllegalArgumentException for JSON that does not match.
 */
public final class Codec {
    private Codec() {}

    /** The type of a list. */
    public static Type listOf(Type item) {
        return new Generic(List.class, item);
    }

    /** The type of a map from strings. */
    public static Type mapOf(Type value) {
        return new Generic(Map.class, String.class, value);
    }

    /** Converts a value of Json.read. */
    @SuppressWarnings("unchecked") // the type is checked by the caller
    public static <T> T fromJson(Object json, Type type) {
        return (T) read(json, type, "");
    }

    private static Object read(Object json, Type type, String place) {
        if (json == null || type == Object.class) {
            return json;
        }
        if (type instanceof ParameterizedType generic) {
            return generic.getRawType() == List.class
                    ? readList(json, generic.getActualTypeArguments()[0], place)
                    : readMap(json, generic.getActualTypeArguments()[1], place);
        }
        Class<?> wanted = (Class<?>) type;
        OneOf choice = wanted.getAnnotation(OneOf.class);
        if (choice != null) {
            return read(json, chosen(choice, object(json, place)), place);
        }
        if (wanted.isRecord()) {
            return readRecord(object(json, place), wanted, place);
        }
        return OpenEnum.class.isAssignableFrom(wanted)
                ? readEnum(json, wanted, place)
                : readScalar(json, wanted, place);
    }

    private static List<Object> readList(Object json, Type item, String place) {
        if (!(json instanceof List<?> values)) {
            throw misfit(place, "a list");
        }
        List<Object> found = new ArrayList<>(values.size());
        for (Object value : values) {
            found.add(read(value, item, place + '/' + found.size()));
        }
        return found;
    }

    private static Map<String, Object> readMap(Object json, Type value, String place) {
        Map<String, Object> found = new LinkedHashMap<>();
        object(json, place)
                .forEach((name, each) -> found.put(name, read(each, value, place + '/' + name)));
        return found;
    }

    private static Map<String, Object> object(Object json, String place) {
        if (!(json instanceof Map<?, ?> members)) {
            throw misfit(place, "an object");
        }
        Map<String, Object> found = new LinkedHashMap<>();
        members.forEach((name, value) -> found.put(name.toString(), value));
        return found;
    }

    private static Class<?> chosen(OneOf choice, Map<String, Object> json) {
        Object tag = json.get(choice.tag());
        for (int index = 0; index < choice.values().length; index++) {
            if (choice.values()[index].equals(tag)) {
                return choice.types()[index];
            }
        }
        return choice.other();
    }

    private static Object readRecord(Map<String, Object> json, Class<?> type, String place) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        Map<String, Object> unknown = new LinkedHashMap<>(json);
        for (int index = 0; index < components.length; index++) {
            types[index] = components[index].getType();
            if (isExtra(components[index])) {
                values[index] = unknown; // it is the last one
                continue;
            }
            String name = name(components[index]);
            Type generic = components[index].getGenericType();
            values[index] = read(unknown.remove(name), generic, place + '/' + name);
            if (values[index] == null && types[index].isPrimitive()) {
                throw misfit(place + '/' + name, "a value");
            }
        }
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (InvocationTargetException refusal) {
            throw misfit(place + '/' + refusal.getCause().getMessage(), "a value");
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Object readEnum(Object json, Class<?> type, String place) {
        if (!(json instanceof String)) {
            throw misfit(place, "a string");
        }
        try {
            return type.getMethod("of", String.class).invoke(null, json);
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Object readScalar(Object json, Class<?> type, String place) {
        try {
            if (type == long.class || type == Long.class) {
                return json instanceof Double number && number == Math.rint(number)
                        ? (Object) number.longValue()
                        : Long.class.cast(json);
            }
            if (type == double.class || type == Double.class) {
                return ((Number) json).doubleValue();
            }
            if (type == boolean.class || type == Boolean.class) {
                return Boolean.class.cast(json);
            }
            String text = String.class.cast(json);
            if (type == UUID.class) {
                return UUID.fromString(text);
            }
            if (type == Instant.class) {
                return Instant.parse(text);
            }
            return type == LocalDate.class ? LocalDate.parse(text) : text;
        } catch (ClassCastException | IllegalArgumentException | DateTimeException misfit) {
            throw misfit(place, type.getSimpleName());
        }
    }

    private static IllegalArgumentException misfit(String place, String wanted) {
        return new IllegalArgumentException(wanted + " is wanted at " + place);
    }

    /** Converts a record, or a value of one, for Json.write. */
    public static Object toJson(Object value) {
        if (value instanceof Record) {
            return writeRecord((Record) value);
        }
        if (value instanceof List<?> items) {
            return items.stream().map(Codec::toJson).toList();
        }
        if (value instanceof Map<?, ?> members) {
            Map<String, Object> written = new LinkedHashMap<>();
            members.forEach((name, each) -> written.put(name.toString(), toJson(each)));
            return written;
        }
        boolean isJson = value == null || value instanceof Number || value instanceof Boolean;
        return isJson ? value : text(value);
    }

    private static Map<String, Object> writeRecord(Record value) {
        Map<String, Object> written = new LinkedHashMap<>();
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            try {
                Object member = component.getAccessor().invoke(value);
                if (isExtra(component)) {
                    ((Map<?, ?>) member).forEach((name, each) -> written.put((String) name, each));
                } else if (member != null) {
                    written.put(name(component), toJson(member));
                }
            } catch (ReflectiveOperationException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
        return written;
    }

    /** Formats a string, a number, a time or an enumeration value as in the contract. */
    static String text(Object value) {
        return value.toString();
    }

    private static boolean isExtra(RecordComponent component) {
        return component.getAccessor().isAnnotationPresent(Extra.class);
    }

    private static String name(RecordComponent component) {
        Wire wire = component.getAccessor().getAnnotation(Wire.class);
        return wire == null ? component.getName() : wire.value();
    }

    private record Generic(Type raw, Type... arguments) implements ParameterizedType {
        @Override
        public Type[] getActualTypeArguments() {
            return arguments.clone();
        }

        @Override
        public Type getRawType() {
            return raw;
        }

        @Override
        public Type getOwnerType() {
            return null;
        }
    }
}
