package waybill;

/** What was followed goes on. */
public final class NotFinalException extends WaybillException {
    private static final long serialVersionUID = 1L;

    private final transient Object last;

    NotFinalException(Object last) {
        super("not final yet: " + last, null);
        this.last = last;
    }

    /** How it was seen last. */
    public Object last() {
        return last;
    }
}
