package waybill;

import java.net.http.HttpHeaders;

/**
 * A successful response: its value, and the response itself.
 *
 * @param value the parsed body; null when the operation has none
 * @param exchange the request and the response
 */
public record Answer<T>(T value, Exchange exchange) {
    /** The status. */
    public int status() {
        return exchange.answer().status();
    }

    /** The headers. */
    public HttpHeaders headers() {
        return exchange.answer().headers();
    }

    /** The body as it was received. */
    public String body() {
        return exchange.answer().body();
    }

    /** The trace id of the request in the logs of the services; null when the response has none. */
    public String traceId() {
        return exchange.answer().traceId();
    }
}
