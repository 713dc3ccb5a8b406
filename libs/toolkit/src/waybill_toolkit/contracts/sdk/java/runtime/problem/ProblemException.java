package waybill.problem;

import java.util.List;
import waybill.WaybillException;

/** The API said no. A problem of a newer version, which has no class here, is this one itself. */
public class ProblemException extends WaybillException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    /** Made by the client. */
    public ProblemException(Problem problem) {
        super(text(problem), null);
        this.problem = problem;
    }

    /** All that the answer says. */
    public final Problem problem() {
        return problem;
    }

    /** The status of the answer. */
    public final int status() {
        return (int) problem.status();
    }

    /** One for each fault of the input. */
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
