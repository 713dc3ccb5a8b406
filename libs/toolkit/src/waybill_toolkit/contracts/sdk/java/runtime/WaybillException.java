package waybill;

/**
 * The base class of all exceptions of a client.
 *
 * <pre>
 * WaybillException
 * ├── ProblemException            an error response; each problem type has its own class
 * ├── NoAnswerException           there was no response; the request may have been executed
 * ├── UnreadableAnswerException   the response does not match the contract
 * ├── NotFinalException           the resource did not reach a final state in time
 * └── ...RefusedException         the resource was refused; with a subclass for each code
 * </pre>
 */
public abstract class WaybillException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Creates an exception with a message. */
    protected WaybillException(String message, Throwable cause) {
        super(message, cause);
    }
}
