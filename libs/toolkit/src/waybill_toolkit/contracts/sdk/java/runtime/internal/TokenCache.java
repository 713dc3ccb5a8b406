package waybill.internal;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import waybill.AccessToken;
import waybill.TokenProvider;

/** Keeps a token until shortly before it expires. There is one fetch at a time. */
public final class TokenCache implements TokenProvider {
    /** A token is replaced this long before it expires: it must still be valid when it arrives. */
    private static final Duration MARGIN = Duration.ofSeconds(10);

    private final Supplier<CompletableFuture<AccessToken>> fetch;
    private AccessToken kept;
    private long start;
    private CompletableFuture<String> running;

    /** Creates an empty cache. */
    public TokenCache(Supplier<CompletableFuture<AccessToken>> fetch) {
        this.fetch = fetch;
    }

    @Override
    public synchronized CompletableFuture<String> token(String refused) {
        if (kept != null && !kept.value().equals(refused) && !expires()) {
            return CompletableFuture.completedFuture(kept.value());
        }
        if (running != null) {
            return running.copy(); // whose cancellation does not end the fetch of the others
        }
        CompletableFuture<String> mine = new CompletableFuture<>();
        running = mine;
        fetched().whenComplete((token, failure) -> finish(mine, token, failure));
        return mine.copy();
    }

    private boolean expires() {
        Duration age = Duration.ofNanos(System.nanoTime() - start);
        return kept.expiresIn() != null && age.plus(MARGIN).compareTo(kept.expiresIn()) >= 0;
    }

    private CompletableFuture<AccessToken> fetched() {
        try {
            return fetch.get();
        } catch (RuntimeException failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    private void finish(CompletableFuture<String> mine, AccessToken token, Throwable failure) {
        synchronized (this) {
            running = null;
            if (failure == null) {
                kept = token;
                start = System.nanoTime();
            }
        }
        if (failure == null) {
            mine.complete(token.value());
        } else {
            mine.completeExceptionally(failure);
        }
    }
}
