package waybill;

/** The resource did not reach a final state in time. */
public final class NotFinalException extends WaybillException {
    private static final long serialVersionUID = 1L;

    private final transient Object last;

    NotFinalException(Object last) {
        super("not final yet: " + last, null);
        this.last = last;
    }

    /** The last known state. */
    public Object last() {
        return last;
    }
}
