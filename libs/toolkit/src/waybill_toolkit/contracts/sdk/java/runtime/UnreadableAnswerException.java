package waybill;

/** The response does not match the contract; it may come from a proxy. */
public final class UnreadableAnswerException extends WaybillException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String body;

    /** Created by the client. */
    public UnreadableAnswerException(int status, String body, Throwable cause) {
        super("the answer (status " + status + ") cannot be read: " + cause.getMessage(), cause);
        this.status = status;
        this.body = body;
    }

    /** The status of the response. */
    public int status() {
        return status;
    }

    /** The body of the response. */
    public String body() {
        return body;
    }
}
