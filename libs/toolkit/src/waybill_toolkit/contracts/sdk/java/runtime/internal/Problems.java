package waybill.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import waybill.Exchange;
import waybill.UnreadableAnswerException;
import waybill.WaybillException;
import waybill.model.Extra;
import waybill.problem.Fault;
import waybill.problem.Problem;
import waybill.problem.ProblemException;

/** Reads error responses. A member that is missing or has the wrong type does not prevent that. */
final class Problems {
    private static final String IN_USE = "idempotency-key-in-use";

    private Problems() {}

    static WaybillException of(Exchange exchange) {
        Map<String, Object> members = new LinkedHashMap<>();
        try {
            if (Json.read(exchange.answer().body()) instanceof Map<?, ?> object) {
                object.forEach((name, value) -> members.put((String) name, value));
            }
        } catch (IllegalArgumentException noJson) {
            return new UnreadableAnswerException(exchange, noJson);
        }
        if (!(members.remove("type") instanceof String type)) {
            Exception cause = new IllegalArgumentException("it is no problem+json");
            return new UnreadableAnswerException(exchange, cause);
        }
        members.remove("status"); // that of the response counts
        Problem problem =
                new Problem(
                        type,
                        text(members.remove("title"), ""),
                        exchange.answer().status(),
                        text(members.remove("detail"), ""),
                        text(members.remove("instance"), ""),
                        text(members.remove("trace_id"), exchange.answer().traceId()),
                        faults(members.remove("errors")),
                        Extra.Members.copyOf(members));
        return KnownProblems.of(problem, exchange);
    }

    static boolean isTemporary(WaybillException failure) {
        return switch (failure.status()) {
            case 408, 429, 502, 503, 504 -> true;
            case 409 -> failure instanceof ProblemException refusal
                    && refusal.problem().slug().equals(IN_USE);
            default -> false;
        };
    }

    private static String text(Object value, String otherwise) {
        return value instanceof String text ? text : otherwise;
    }

    private static List<Fault> faults(Object value) {
        List<Fault> found = new ArrayList<>();
        if (value instanceof List<?> items) {
            for (Object item : items) {
                try {
                    found.add(Codec.fromJson(item, Fault.class));
                } catch (IllegalArgumentException misfit) {
                    found.add(new Fault("", "", Json.write(item)));
                }
            }
        }
        return List.copyOf(found);
    }
}
