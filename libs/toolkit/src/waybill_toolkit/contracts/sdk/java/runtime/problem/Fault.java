package waybill.problem;

/**
 * One fault of the input.
 *
 * @param pointer where: a JSON pointer (RFC 6901) into the body, or /query/…, /path/…, /header/…
 * @param code what is wrong with it, in one word
 * @param detail the same for people
 */
public record Fault(String pointer, String code, String detail) {}
