package waybill.internal;

import java.lang.reflect.Type;
import waybill.Exchange;
import waybill.UnreadableAnswerException;

/** A successful response. */
public record Reply(Exchange exchange) {

    /** Reads the body as a type. */
    public <T> T read(Type type) {
        try {
            return Codec.fromJson(Json.read(exchange.answer().body()), type);
        } catch (IllegalArgumentException fault) {
            throw new UnreadableAnswerException(exchange, fault);
        }
    }

    /** Returns a header, or null. */
    public String header(String name) {
        return exchange.answer().header(name);
    }
}
