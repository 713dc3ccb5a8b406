package waybill;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * The options of one call, also of a call that sends several requests. Null stands for the option of
 * the client.
 *
 * @param timeout the limit of each attempt
 * @param retries the attempts and the delays between them
 * @param headers additional headers
 * @param idempotencyKey calls with the same key and the same input are executed once; by default each
 *     call gets its own key, which all of its attempts share
 */
public record CallOptions(
        Duration timeout, Retries retries, Map<String, String> headers, String idempotencyKey) {

    /** The options of the client. */
    public static final CallOptions DEFAULT = new CallOptions(null, null, null, null);

    /** Copies the headers. */
    public CallOptions {
        headers = headers == null ? Map.of() : Map.copyOf(headers);
    }

    /** Returns options with this key. */
    public static CallOptions withKey(String idempotencyKey) {
        return DEFAULT.withIdempotencyKey(idempotencyKey);
    }

    /** Returns a copy with a different timeout. */
    public CallOptions withTimeout(Duration timeout) {
        return new CallOptions(timeout, retries, headers, idempotencyKey);
    }

    /** Returns a copy with different retries. */
    public CallOptions withRetries(Retries retries) {
        return new CallOptions(timeout, retries, headers, idempotencyKey);
    }

    /** Returns a copy with an additional header. */
    public CallOptions withHeader(String name, String value) {
        Map<String, String> more = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        more.putAll(headers);
        more.put(name, value);
        return new CallOptions(timeout, retries, more, idempotencyKey);
    }

    /** Returns a copy with a different key. */
    public CallOptions withIdempotencyKey(String idempotencyKey) {
        return new CallOptions(timeout, retries, headers, idempotencyKey);
    }

    /** Leaves out the values of the headers, as one of them may be secret. */
    @Override
    public String toString() {
        return "CallOptions[timeout=%s, retries=%s, headers=%s, idempotencyKey=%s]"
                .formatted(timeout, retries, headers.keySet(), idempotencyKey);
    }
}
