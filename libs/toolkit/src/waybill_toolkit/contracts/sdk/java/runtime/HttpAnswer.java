package waybill;

import java.net.http.HttpHeaders;
import java.util.Map;

/**
 * A complete HTTP response.
 *
 * @param status the status; 0 stands for no response
 * @param headers the headers
 * @param body the body
 */
public record HttpAnswer(int status, HttpHeaders headers, String body) {
    /** No response. */
    public static final HttpAnswer NONE =
            new HttpAnswer(0, HttpHeaders.of(Map.of(), (name, value) -> true), "");

    /** Returns a header, or null. */
    public String header(String name) {
        return headers.firstValue(name).orElse(null);
    }

    /** The trace id of the request in the logs of the services; null when the response has none. */
    public String traceId() {
        return header("X-Trace-Id");
    }
}
