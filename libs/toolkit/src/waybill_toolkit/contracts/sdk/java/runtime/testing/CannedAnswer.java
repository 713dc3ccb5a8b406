package waybill.testing;

import java.net.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import waybill.HttpAnswer;

/**
 * The response to one request of an operation.
 *
 * @param operation the name of the operation, such as placeOrder
 * @param status the status
 * @param headers the headers
 * @param body the body
 */
public record CannedAnswer(String operation, int status, Map<String, String> headers, String body) {
    /** Returns a copy with an additional header. */
    public CannedAnswer withHeader(String name, String value) {
        Map<String, String> more = new TreeMap<>(headers);
        more.put(name, value);
        return new CannedAnswer(operation, status, more, body);
    }

    HttpAnswer http() {
        Map<String, List<String>> values = new TreeMap<>();
        headers.forEach((name, value) -> values.put(name, List.of(value)));
        return new HttpAnswer(status, HttpHeaders.of(values, (name, value) -> true), body);
    }
}
