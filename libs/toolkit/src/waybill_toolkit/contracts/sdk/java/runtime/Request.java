package waybill;

import java.lang.reflect.Type;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import waybill.internal.Call;
import waybill.internal.Futures;
import waybill.internal.Reply;
import waybill.internal.Transport;

/**
 * A request that has not been sent yet. Sending it again repeats it with the same Idempotency-Key, so it
 * is executed once.
 */
public final class Request<T> {
    private final Transport transport;
    private final Call call;
    private final Function<Reply, T> read;

    Request(Transport transport, Call call, Function<Reply, T> read) {
        this.transport = transport;
        this.call = call;
        this.read = read;
    }

    static <T> Request<T> of(Transport transport, Call call, Type type) {
        return new Request<>(transport, call, reply -> reply.read(type));
    }

    /**
     * Sends it and waits for the response.
     *
     * @throws WaybillException when it fails
     */
    public Answer<T> send() {
        return answer(transport.send(call));
    }

    /** Sends it; the future fails with a WaybillException. Cancelling the future ends the call. */
    public CompletableFuture<Answer<T>> sendAsync() {
        return Futures.map(transport.sendAsync(call), this::answer);
    }

    T value() {
        return send().value();
    }

    CompletableFuture<T> valueAsync() {
        return Futures.map(sendAsync(), Answer::value);
    }

    private Answer<T> answer(Reply reply) {
        return new Answer<>(read.apply(reply), reply.exchange());
    }
}
