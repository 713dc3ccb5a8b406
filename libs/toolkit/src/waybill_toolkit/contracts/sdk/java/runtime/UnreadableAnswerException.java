package waybill;

/** The response does not match the contract; it may come from a proxy. */
public final class UnreadableAnswerException extends WaybillException {
    private static final long serialVersionUID = 1L;

    /** Created by the client. */
    public UnreadableAnswerException(Exchange exchange, Throwable cause) {
        super(
                "the answer cannot be read: " + cause.getMessage(),
                exchange.answer().traceId(),
                exchange,
                cause);
    }
}
