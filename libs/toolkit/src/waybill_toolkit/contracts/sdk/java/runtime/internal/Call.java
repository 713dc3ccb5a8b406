package waybill.internal;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** One request, which can be sent several times. */
public final class Call {
    static final String KEY = "Idempotency-Key";

    final String method;
    final Map<String, String> headers = new TreeMap<>();
    final boolean isRepeatable;
    private final String path;
    private final List<String> query = new ArrayList<>();
    private Object body;

    /** A repeatable call can be retried when the outcome is unknown. */
    public Call(String method, String path, boolean isRepeatable) {
        this.method = method;
        this.path = path;
        this.isRepeatable = isRepeatable;
    }

    /** Adds a parameter, unless it is null; a list adds one for each of its values. */
    public Call query(String name, Object value) {
        if (value instanceof Collection<?> values) {
            values.forEach(each -> query(name, each));
        } else if (value != null) {
            query.add(escaped(name) + '=' + escaped(value));
        }
        return this;
    }

    /** Adds a header, unless its value is null. */
    public Call header(String name, Object value) {
        if (value != null) {
            headers.put(name, Codec.text(value));
        }
        return this;
    }

    /** Sets the Idempotency-Key. */
    public Call key(String idempotencyKey) {
        return header(KEY, idempotencyKey);
    }

    /** Sends a record as JSON. */
    public Call body(Object value) {
        body = value;
        return this;
    }

    /** Escapes a value for a path or a query. */
    public static String escaped(Object value) {
        return URLEncoder.encode(Codec.text(value), StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Generates a unique key. */
    public static String newKey() {
        return UUID.randomUUID().toString();
    }

    String target() {
        return query.isEmpty() ? path : path + '?' + String.join("&", query);
    }

    /** The body as it is sent; null when there is none. */
    String content() {
        return body == null ? null : Json.write(Codec.toJson(body));
    }

    @Override
    public String toString() {
        return method + ' ' + path;
    }
}
