package waybill;

/**
 * The root of everything that a client throws.
 *
 * <pre>
 * WaybillException
 * ├── ProblemException            the API said no; each type of problem has its own class
 * ├── NoAnswerException           no answer came; it may have been done all the same
 * ├── UnreadableAnswerException   something answered that is not this API
 * ├── NotFinalException           what was followed did not come to its end in time
 * └── ...RefusedException         what was followed ended in a refusal; a class for each reason
 * </pre>
 */
public abstract class WaybillException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Makes one with a message for people. */
    protected WaybillException(String message, Throwable cause) {
        super(message, cause);
    }
}
