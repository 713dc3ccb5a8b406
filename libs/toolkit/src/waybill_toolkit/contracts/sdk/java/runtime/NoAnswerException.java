package waybill;

/**
 * There was no response to any attempt, for the reason in the cause. The request may have been executed:
 * repeat it with the same key.
 */
public final class NoAnswerException extends WaybillException {
    private static final long serialVersionUID = 1L;

    /** Created by the client. */
    public NoAnswerException(Exchange exchange, Throwable cause) {
        super("no answer in " + exchange.attempts() + " attempts: " + cause, null, exchange, cause);
    }
}
