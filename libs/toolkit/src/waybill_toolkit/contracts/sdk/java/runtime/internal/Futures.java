package waybill.internal;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Futures whose cancellation also cancels the one that they wait for. */
public final class Futures {
    private Futures() {}

    /** Returns the value of a function of another future's value. */
    public static <A, B> CompletableFuture<B> map(CompletableFuture<A> source, Function<A, B> then) {
        return linked(source, source.thenApply(then));
    }

    /** Returns the value of the future that a function of another future's value returns. */
    public static <A, B> CompletableFuture<B> compose(
            CompletableFuture<A> source, Function<A, CompletableFuture<B>> then) {
        CompletableFuture<CompletableFuture<B>> next = source.thenApply(then);
        CompletableFuture<B> result = linked(source, next.thenCompose(Function.identity()));
        next.thenAccept(second -> linked(second, result));
        return result;
    }

    /** Returns the value of a function of another future's value or failure. */
    static <A, B> CompletableFuture<B> handle(
            CompletableFuture<A> source, BiFunction<A, Throwable, B> then) {
        return linked(source, source.handle(then));
    }

    /** Completes after a delay. */
    public static CompletableFuture<Void> delay(Duration delay) {
        return new CompletableFuture<Void>()
                .completeOnTimeout(null, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static <B> CompletableFuture<B> linked(CompletableFuture<?> source, CompletableFuture<B> result) {
        result.whenComplete(
                (value, failure) -> {
                    if (result.isCancelled()) {
                        source.cancel(true);
                    }
                });
        return result;
    }
}
