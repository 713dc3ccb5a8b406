package waybill;

/** The answer is not what the contract says; a proxy may have sent it. */
public final class UnreadableAnswerException extends WaybillException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String body;

    /** Made by the client. */
    public UnreadableAnswerException(int status, String body, Throwable cause) {
        super("the answer (status " + status + ") cannot be read: " + cause.getMessage(), cause);
        this.status = status;
        this.body = body;
    }

    /** The status of the answer. */
    public int status() {
        return status;
    }

    /** The body of the answer. */
    public String body() {
        return body;
    }
}
