package waybill.internal;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import waybill.CallEvent;
import waybill.CallOptions;
import waybill.HttpTransport;
import waybill.Retries;

/**
 * The options of a client.
 *
 * @param headers those of every request
 * @param log is called after each attempt
 */
public record Settings(
        String baseUrl,
        Map<String, String> headers,
        Duration timeout,
        Retries retries,
        HttpTransport transport,
        Consumer<CallEvent> log) {

    Duration timeout(CallOptions options) {
        return options.timeout() == null ? timeout : options.timeout();
    }

    Retries retries(CallOptions options) {
        return options.retries() == null ? retries : options.retries();
    }

    /** Headers of a call override those of the client. */
    Map<String, String> headers(CallOptions options) {
        Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        all.putAll(headers);
        all.putAll(options.headers());
        return all;
    }

    /** Leaves out the headers, as one of them may contain the token. */
    @Override
    public String toString() {
        return "Settings[" + baseUrl + ']';
    }
}
