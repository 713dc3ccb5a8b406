package waybill.problem;

import java.util.List;
import java.util.Objects;
import waybill.model.Wire;

/**
 * What a refusal says (RFC 9457).
 *
 * @param type which problem of the contract it is
 * @param title what that means
 * @param status the status of the answer
 * @param detail what happened this time, and what to do
 * @param instance the path that was asked for
 * @param traceId finds the request in the logs
 * @param errors one for each fault of the input
 */
public record Problem(
        String type,
        String title,
        long status,
        String detail,
        String instance,
        @Wire("trace_id") String traceId,
        List<Fault> errors) {

    /** Checks that the members that each problem has are there. */
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
