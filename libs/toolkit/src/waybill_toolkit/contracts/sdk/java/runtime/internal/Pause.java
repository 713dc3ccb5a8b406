package waybill.internal;

import java.time.Duration;

/** Waits. */
public final class Pause {
    private Pause() {}

    /** Returns false when the thread was interrupted; its interrupt flag remains set. */
    public static boolean of(Duration duration) {
        try {
            Thread.sleep(duration.toMillis());
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
