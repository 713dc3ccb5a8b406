package waybill.testing;

import java.util.LinkedHashMap;
import java.util.Map;
import waybill.internal.Codec;
import waybill.internal.Json;

/** An operation whose response body is a T; the constants are in {@link Operations}. */
public final class Operation<T> {
    private static final int NO_CONTENT = 204;

    final String name;
    private final String method;
    private final String path;
    private final int status;

    /** `path` is a regular expression. */
    Operation(String name, String method, String path, int status) {
        this.name = name;
        this.method = method;
        this.path = path;
        this.status = status;
    }

    /** Returns a success; a null body stands for none. */
    public CannedAnswer returns(T body) {
        String json = status == NO_CONTENT ? "" : Json.write(Codec.toJson(body));
        return new CannedAnswer(name, status, Map.of(), json);
    }

    /** Returns a problem without additional members. */
    public CannedAnswer fails(int status, String slug) {
        return fails(status, slug, Map.of());
    }

    /** Returns a problem: its type, such as unknown-sku, and the members of that type. */
    public CannedAnswer fails(int status, String slug, Map<String, ?> members) {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("type", "urn:waybill:problem:" + slug);
        problem.put("title", slug);
        problem.put("status", status);
        problem.put("detail", slug);
        problem.put("instance", "/");
        problem.put("trace_id", "0".repeat(32));
        problem.putAll(members);
        Map<String, String> headers = Map.of("Content-Type", "application/problem+json");
        return new CannedAnswer(name, status, headers, Json.write(problem));
    }

    boolean matches(String method, String path) {
        return this.method.equals(method) && path.matches(this.path);
    }
}
