package waybill;

import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;
import waybill.internal.Pause;

/** Polls a resource until it is final. */
final class Following {
    static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final Duration LOOK_FIRST = Duration.ofMillis(50);
    private static final Duration LOOK_MAX = Duration.ofSeconds(1);

    private Following() {}

    static <T> T follow(Duration patience, Supplier<T> get, Predicate<T> isFinal) {
        long end = System.nanoTime() + patience.toNanos();
        Duration delay = LOOK_FIRST;
        while (true) {
            T found = get.get();
            if (isFinal.test(found)) {
                return found;
            }
            if (System.nanoTime() + delay.toNanos() > end || !Pause.of(delay)) {
                throw new NotFinalException(found);
            }
            Duration longer = delay.multipliedBy(3).dividedBy(2);
            delay = longer.compareTo(LOOK_MAX) < 0 ? longer : LOOK_MAX;
        }
    }
}
