package waybill;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import waybill.internal.TokenCache;

/** Provides the access tokens of a client. It is used by many threads at once. */
@FunctionalInterface
public interface TokenProvider {
    /**
     * Returns the access token of a request. It is called before each request, and must not block.
     *
     * @param refused null; or the token that the API has refused as invalid. The request is then sent
     *     again, once, with the token that is returned, if that is another
     */
    CompletableFuture<String> token(String refused);

    /**
     * Returns a provider that keeps a token until shortly before it expires. Calls that need a token at
     * the same time wait for one fetch.
     */
    static TokenProvider cached(Supplier<CompletableFuture<AccessToken>> fetch) {
        return new TokenCache(fetch);
    }
}
