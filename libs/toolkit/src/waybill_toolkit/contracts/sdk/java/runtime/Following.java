package waybill;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import waybill.internal.Futures;
import waybill.internal.Pause;

/**
 * Polls a resource until it is final. A status that this version does not know is not final.
 *
 * @param status returns the status of a state
 * @param until the final values of the status
 * @param refusal returns the exception of a refused state, or null
 */
record Following<T>(
        Request<T> get,
        Function<T, String> status,
        Set<String> until,
        Function<Answer<T>, WaybillException> refusal) {

    static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final Duration LOOK_FIRST = Duration.ofMillis(50);
    private static final Duration LOOK_MAX = Duration.ofSeconds(1);

    T follow(Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        Duration delay = LOOK_FIRST;
        while (true) {
            Answer<T> found = get.send();
            if (isFinal(found)) {
                return accepted(found);
            }
            if (endsBefore(end, delay) || !Pause.of(delay)) {
                throw notFinal(found);
            }
            delay = longer(delay);
        }
    }

    CompletableFuture<T> followAsync(Duration patience) {
        return poll(System.nanoTime() + patience.toNanos(), LOOK_FIRST);
    }

    private CompletableFuture<T> poll(long end, Duration delay) {
        return Futures.compose(
                get.sendAsync(),
                found -> {
                    if (isFinal(found)) {
                        return CompletableFuture.completedFuture(accepted(found));
                    }
                    if (endsBefore(end, delay)) {
                        throw new CompletionException(notFinal(found));
                    }
                    return Futures.compose(
                            Futures.delay(delay), nothing -> poll(end, longer(delay)));
                });
    }

    private boolean isFinal(Answer<T> found) {
        return until.contains(status.apply(found.value()));
    }

    private T accepted(Answer<T> found) {
        WaybillException refused = refusal.apply(found);
        if (refused != null) {
            throw refused;
        }
        return found.value();
    }

    private NotFinalException notFinal(Answer<T> found) {
        return new NotFinalException(status.apply(found.value()), found);
    }

    private static boolean endsBefore(long end, Duration delay) {
        return System.nanoTime() + delay.toNanos() - end > 0;
    }

    private static Duration longer(Duration delay) {
        Duration longer = delay.multipliedBy(3).dividedBy(2);
        return longer.compareTo(LOOK_MAX) < 0 ? longer : LOOK_MAX;
    }
}
