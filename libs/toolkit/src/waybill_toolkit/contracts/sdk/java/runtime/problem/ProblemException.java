package waybill.problem;

import java.lang.reflect.Type;
import java.util.List;
import waybill.Exchange;
import waybill.WaybillException;
import waybill.internal.Codec;

/**
 * An error response. A problem of an unknown type, or without the fields of its type, is an instance of
 * this class.
 */
public class ProblemException extends WaybillException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    /** Created by the client. */
    public ProblemException(Problem problem, Exchange exchange) {
        super(text(problem), problem.traceId(), exchange, null);
        this.problem = problem;
    }

    /** The fields of the response. */
    public final Problem problem() {
        return problem;
    }

    /** One entry for each invalid value. */
    public final List<Fault> errors() {
        return problem.errors();
    }

    @Override
    public final String traceId() {
        return problem.traceId();
    }

    /** Throws IllegalArgumentException when the member is missing or has another type. */
    final <T> T member(String name, Type type) {
        T found = Codec.fromJson(problem.additionalProperties().get(name), type);
        if (found == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return found;
    }

    private static String text(Problem problem) {
        StringBuilder text = new StringBuilder(problem.slug()).append(": ");
        text.append(problem.detail().isEmpty() ? problem.title() : problem.detail());
        for (Fault fault : problem.errors()) {
            text.append("; ").append(fault.pointer()).append(": ").append(fault.detail());
        }
        return text.toString();
    }
}
