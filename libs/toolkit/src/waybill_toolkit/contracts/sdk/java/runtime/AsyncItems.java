package waybill;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import waybill.internal.Futures;

/** The items of all pages of a list, each page fetched when it is needed. Can be read repeatedly. */
public final class AsyncItems<T> {
    private final Function<String, CompletableFuture<Items.Page<T>>> pages;

    AsyncItems(Function<String, CompletableFuture<Items.Page<T>>> pages) {
        this.pages = pages;
    }

    /** Calls `action` with each item. The future completes after the last one; cancelling it ends this. */
    public CompletableFuture<Void> forEach(Consumer<? super T> action) {
        return from(null, action);
    }

    /** Returns all items. */
    public CompletableFuture<List<T>> toList() {
        List<T> found = new ArrayList<>();
        return Futures.map(forEach(found::add), nothing -> Collections.unmodifiableList(found));
    }

    private CompletableFuture<Void> from(String cursor, Consumer<? super T> action) {
        return Futures.compose(
                pages.apply(cursor),
                page -> {
                    page.items().forEach(action);
                    return page.nextCursor() == null
                            ? CompletableFuture.completedFuture(null)
                            : from(page.nextCursor(), action);
                });
    }
}
