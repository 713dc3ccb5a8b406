package waybill.problem;

import java.util.List;
import java.util.Map;

/**
 * The fields of an error response (RFC 9457). Texts that are missing in the response are empty.
 *
 * @param type the problem type of the contract
 * @param title the meaning of the type
 * @param status the status of the response
 * @param detail the cause of this occurrence, and what to do
 * @param instance the path of the request
 * @param traceId the trace id of the request in the logs; null when it is unknown
 * @param errors one entry for each invalid value
 * @param additionalProperties all other members, also those that the class of the problem has
 */
public record Problem(
        String type,
        String title,
        int status,
        String detail,
        String instance,
        String traceId,
        List<Fault> errors,
        Map<String, Object> additionalProperties) {

    /** The short name of its type, such as unknown-sku. */
    public String slug() {
        return type.replaceFirst("^urn:waybill:problem:", "");
    }
}
