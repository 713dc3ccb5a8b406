package waybill.problem;

import java.util.List;
import java.util.Objects;
import waybill.model.Wire;

/**
 * The fields of an error response (RFC 9457).
 *
 * @param type the problem type of the contract
 * @param title the meaning of the type
 * @param status the status of the response
 * @param detail the cause of this occurrence, and what to do
 * @param instance the path of the request
 * @param traceId the trace id of the request in the logs
 * @param errors one entry for each invalid value
 */
public record Problem(
        String type,
        String title,
        long status,
        String detail,
        String instance,
        @Wire("trace_id") String traceId,
        List<Fault> errors) {

    /** Checks that the required fields are present. */
    public Problem {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(detail, "detail");
        errors = errors == null ? List.of() : List.copyOf(errors);
    }

    /** The short name of its type, such as unknown-sku. */
    public String slug() {
        return type.replaceFirst("^urn:waybill:problem:", "");
    }
}
