package waybill;

import java.net.http.HttpHeaders;

/**
 * The base class of all exceptions of a call.
 *
 * <pre>
 * WaybillException
 * ├── ProblemException            an error response; each problem type has its own class
 * ├── TokenException              there was no access token; the request was not executed
 * ├── NoAnswerException           there was no response; the request may have been executed
 * ├── UnreadableAnswerException   the response does not match the contract
 * ├── NotFinalException           the resource did not reach a final state in time
 * └── ...RefusedException         the resource was refused; with a subclass for each code
 * </pre>
 */
public abstract class WaybillException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Exchange exchange;

    /** Creates an exception; `text` is followed by status, trace id and key. */
    protected WaybillException(String text, String traceId, Exchange exchange, Throwable cause) {
        super(message(text, traceId, exchange), cause);
        this.exchange = exchange;
    }

    private static String message(String text, String traceId, Exchange exchange) {
        StringBuilder found = new StringBuilder();
        append(found, "status ", exchange.answer().status() == 0 ? null : exchange.answer().status());
        append(found, "trace ", traceId);
        append(found, "idempotency key ", exchange.idempotencyKey());
        String details = found.isEmpty() ? "" : " (" + found + ')';
        return exchange.method() + ' ' + exchange.path() + ": " + text + details;
    }

    private static void append(StringBuilder found, String name, Object value) {
        if (value != null) {
            found.append(found.isEmpty() ? "" : ", ").append(name).append(value);
        }
    }

    /** The method of the request. */
    public final String method() {
        return exchange.method();
    }

    /** The path of the request. */
    public final String path() {
        return exchange.path();
    }

    /**
     * The key of the request; null for operations that take none. Repeat the call with this key when it
     * is unknown whether it was executed.
     */
    public final String idempotencyKey() {
        return exchange.idempotencyKey();
    }

    /** How often the request was sent. */
    public final int attempts() {
        return exchange.attempts();
    }

    /** The status of the response; 0 when there was none. */
    public final int status() {
        return exchange.answer().status();
    }

    /** The headers of the response. */
    public final HttpHeaders headers() {
        return exchange.answer().headers();
    }

    /** The body of the response. */
    public final String body() {
        return exchange.answer().body();
    }

    /** The trace id of the request in the logs of the services; null when it is unknown. */
    public String traceId() {
        return exchange.answer().traceId();
    }
}
