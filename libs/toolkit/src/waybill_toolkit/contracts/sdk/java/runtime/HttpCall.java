package waybill;

import java.net.URI;
import java.time.Duration;
import java.util.Map;

/**
 * An HTTP request.
 *
 * @param method the method, in upper case
 * @param uri the URI with the query
 * @param headers the headers
 * @param body the body: JSON, or the form of a request for a token; null when there is none
 * @param timeout the time until the response must be complete
 */
public record HttpCall(
        String method, URI uri, Map<String, String> headers, String body, Duration timeout) {

    /** Leaves out the headers, as one of them may contain the token. */
    @Override
    public String toString() {
        return method + ' ' + uri.getRawPath();
    }
}
