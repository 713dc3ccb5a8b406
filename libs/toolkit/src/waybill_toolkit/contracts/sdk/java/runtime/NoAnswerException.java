package waybill;

/** There was no response to any attempt, for the reason in the cause. The request may have been executed. */
public final class NoAnswerException extends WaybillException {
    private static final long serialVersionUID = 1L;

    private final String idempotencyKey;

    /** Created by the client. */
    public NoAnswerException(String call, int attempts, String idempotencyKey, Throwable cause) {
        super("no answer to " + call + " in " + attempts + " attempts: " + cause, cause);
        this.idempotencyKey = idempotencyKey;
    }

    /** The key to retry the request with; null for operations that take none. */
    public String idempotencyKey() {
        return idempotencyKey;
    }
}
