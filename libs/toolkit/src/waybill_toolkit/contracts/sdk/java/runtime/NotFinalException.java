package waybill;

/** The resource did not reach a final state in time. */
public final class NotFinalException extends WaybillException {
    private static final long serialVersionUID = 1L;

    private final transient Object last;
    private final String state;

    NotFinalException(String state, Answer<?> answer) {
        super("the status is still " + state, answer.traceId(), answer.exchange(), null);
        this.state = state;
        last = answer.value();
    }

    /** The last known status. */
    public String state() {
        return state;
    }

    /** The last known state of the resource. */
    public Object last() {
        return last;
    }
}
