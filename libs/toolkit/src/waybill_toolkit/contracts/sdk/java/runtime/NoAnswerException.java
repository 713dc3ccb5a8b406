package waybill;

/** No answer came, to any attempt; the cause tells why. What was asked for may have been done. */
public final class NoAnswerException extends WaybillException {
    private static final long serialVersionUID = 1L;

    private final String idempotencyKey;

    /** Made by the client. */
    public NoAnswerException(String call, int attempts, String idempotencyKey, Throwable cause) {
        super("no answer to " + call + " in " + attempts + " attempts: " + cause, cause);
        this.idempotencyKey = idempotencyKey;
    }

    /** Serves to ask again without doing it twice; null for operations that take no key. */
    public String idempotencyKey() {
        return idempotencyKey;
    }
}
