package waybill.internal;

import java.lang.reflect.Type;
import java.net.http.HttpHeaders;
import java.util.function.BiFunction;
import waybill.UnreadableAnswerException;
import waybill.problem.Problem;
import waybill.problem.ProblemException;

/** What came back, whole. */
public record Reply(int status, HttpHeaders headers, String body) {

    /** Reads the body as a type. */
    public <T> T read(Type type) {
        try {
            return Codec.fromJson(Json.read(body), type);
        } catch (IllegalArgumentException fault) {
            throw new UnreadableAnswerException(status, body, fault);
        }
    }

    /** Gives a header, or null. */
    public String header(String name) {
        return headers.firstValue(name).orElse(null);
    }

    /** Makes the exception of a refusal; `known` does it for the problems that have a class. */
    ProblemException problem(BiFunction<Problem, Object, ProblemException> known) {
        Problem problem = read(Problem.class);
        try {
            return known.apply(problem, Json.read(body));
        } catch (IllegalArgumentException fault) {
            return new ProblemException(problem); // its own members are others than here
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
