package waybill.problem;

/**
 * One invalid value.
 *
 * @param pointer its location: a JSON pointer (RFC 6901) into the body, or /query/…, /path/…, /header/…
 * @param code the violated rule, in one word
 * @param detail the error as a sentence
 */
public record Fault(String pointer, String code, String detail) {}
