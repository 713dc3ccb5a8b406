package waybill;

import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The items of all pages of a list, each page fetched when it is needed. Can be iterated repeatedly. */
public final class Items<T> implements Iterable<T> {
    private final Function<String, Page<T>> pages;

    /** Some items, and the cursor of the next page: null on the last page. */
    record Page<T>(List<T> items, String nextCursor) {}

    Items(Function<String, Page<T>> pages) {
        this.pages = pages;
    }

    @Override
    public Iterator<T> iterator() {
        return new Iterator<>() {
            private Iterator<T> items = Collections.emptyIterator();
            private String cursor;
            private boolean isLast;

            @Override
            public boolean hasNext() {
                while (!items.hasNext() && !isLast) {
                    Page<T> page = pages.apply(cursor);
                    items = page.items().iterator();
                    cursor = page.nextCursor();
                    isLast = cursor == null;
                }
                return items.hasNext();
            }

            @Override
            public T next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return items.next();
            }
        };
    }

    /** The same as a stream. */
    public Stream<T> stream() {
        return StreamSupport.stream(spliterator(), false);
    }
}
