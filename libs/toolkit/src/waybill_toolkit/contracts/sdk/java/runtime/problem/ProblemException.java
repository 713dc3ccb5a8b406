package waybill.problem;

import java.util.List;
import waybill.WaybillException;

/** An error response. A problem of an unknown type is an instance of this class. */
public class ProblemException extends WaybillException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    /** Created by the client. */
    public ProblemException(Problem problem) {
        super(text(problem), null);
        this.problem = problem;
    }

    /** The fields of the response. */
    public final Problem problem() {
        return problem;
    }

    /** The status of the response. */
    public final int status() {
        return (int) problem.status();
    }

    /** One entry for each invalid value. */
    public final List<Fault> errors() {
        return problem.errors();
    }

    private static String text(Problem problem) {
        StringBuilder text = new StringBuilder();
        text.append(problem.status()).append(' ').append(problem.slug());
        text.append(": ").append(problem.detail());
        for (Fault fault : problem.errors()) {
            text.append("; ").append(fault.pointer()).append(": ").append(fault.detail());
        }
        return text.append(" (trace ").append(problem.traceId()).append(')').toString();
    }
}
