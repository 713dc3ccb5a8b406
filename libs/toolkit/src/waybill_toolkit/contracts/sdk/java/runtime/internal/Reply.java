package waybill.internal;

import java.lang.reflect.Type;
import java.net.http.HttpHeaders;
import java.util.function.BiFunction;
import waybill.UnreadableAnswerException;
import waybill.problem.Problem;
import waybill.problem.ProblemException;

/** A complete response. */
public record Reply(int status, HttpHeaders headers, String body) {

    /** Reads the body as a type. */
    public <T> T read(Type type) {
        try {
            return Codec.fromJson(Json.read(body), type);
        } catch (IllegalArgumentException fault) {
            throw new UnreadableAnswerException(status, body, fault);
        }
    }

    /** Returns a header, or null. */
    public String header(String name) {
        return headers.firstValue(name).orElse(null);
    }

    /** Creates the exception of an error response; `known` creates those with their own class. */
    ProblemException problem(BiFunction<Problem, Object, ProblemException> known) {
        Problem problem = read(Problem.class);
        try {
            return known.apply(problem, Json.read(body));
        } catch (IllegalArgumentException fault) {
            return new ProblemException(problem); // its fields differ from those of the class
        }
    }

    boolean isTemporary() {
        return switch (status) {
            case 408, 429, 502, 503, 504 -> true;
            case 409 -> slug().equals("idempotency-key-in-use");
            default -> false;
        };
    }

    private String slug() {
        try {
            Problem problem = Codec.fromJson(Json.read(body), Problem.class);
            return problem.slug();
        } catch (IllegalArgumentException noProblem) {
            return "";
        }
    }
}
