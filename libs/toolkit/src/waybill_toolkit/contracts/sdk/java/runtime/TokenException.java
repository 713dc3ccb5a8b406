package waybill;

/** There was no access token for a call, which was not executed. */
public final class TokenException extends WaybillException {
    private static final long serialVersionUID = 1L;

    private final String code;

    /** Created by the client. */
    public TokenException(Exchange exchange, String reason, String code, Throwable cause) {
        super(reason, null, exchange, cause);
        this.code = code;
    }

    /** The error code of the token endpoint, such as invalid_client; null when it sent none. */
    public String code() {
        return code;
    }
}
