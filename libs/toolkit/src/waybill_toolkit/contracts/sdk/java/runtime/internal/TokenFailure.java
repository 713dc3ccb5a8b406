package waybill.internal;

/** There is no access token. */
public final class TokenFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String code;
    private final boolean isTemporary;

    TokenFailure(String reason, String code, boolean isTemporary, Throwable cause) {
        super("no access token: " + reason, cause);
        this.code = code;
        this.isTemporary = isTemporary;
    }

    /** The error code of the token endpoint; null when it sent none. */
    public String code() {
        return code;
    }

    /** Whether another attempt can succeed. */
    boolean isTemporary() {
        return isTemporary;
    }
}
