package waybill.internal;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import waybill.CallOptions;
import waybill.HttpCall;

/** One request, which can be sent several times. */
public final class Call {
    private static final String KEY = "Idempotency-Key";

    final String method;
    final String path;
    final CallOptions options;
    boolean isRepeatable;
    private final Map<String, String> headers = new TreeMap<>();
    private final List<String> query = new ArrayList<>();
    private Object body;
    private String key;

    /** Creates a call with the options of the caller. */
    public Call(String method, String path, CallOptions options) {
        this.method = method;
        this.path = path;
        this.options = options;
    }

    /** Lets it be retried when the outcome is unknown. */
    public Call repeatable() {
        isRepeatable = true;
        return this;
    }

    /** Sends an Idempotency-Key: the one in the options, or else a new one. */
    public Call idempotent() {
        key = options.idempotencyKey();
        key = key == null ? UUID.randomUUID().toString() : key;
        return this;
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

    /** Sends a record as JSON. */
    public Call body(Object value) {
        body = value;
        return this;
    }

    /** Escapes a value for a path or a query. */
    public static String escaped(Object value) {
        return URLEncoder.encode(Codec.text(value), StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** The key; null when the operation takes none. */
    String key() {
        return key;
    }

    /** Throws IllegalArgumentException for a key that the operation does not take. */
    HttpCall request(Settings settings) {
        if (key == null && options.idempotencyKey() != null) {
            throw new IllegalArgumentException(method + ' ' + path + " takes no idempotency key");
        }
        Map<String, String> all = settings.headers(options);
        all.remove(KEY);
        all.putAll(headers);
        if (key != null) {
            all.put(KEY, key);
        }
        if (body != null) {
            all.put("Content-Type", "application/json");
        }
        String target = query.isEmpty() ? path : path + '?' + String.join("&", query);
        String content = body == null ? null : Json.write(Codec.toJson(body));
        URI uri = URI.create(settings.baseUrl() + target);
        return new HttpCall(method, uri, all, content, settings.timeout(options));
    }
}
