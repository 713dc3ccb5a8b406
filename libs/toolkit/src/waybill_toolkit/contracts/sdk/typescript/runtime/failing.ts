import { NoAnswerError, reasonOf, TokenError, UnpreparedError, type WaybillError } from "./errors.js";
import type { Exchange } from "./exchange.js";
import { TokenFailure } from "./token-endpoint.js";

/** A failed attempt. `reason` is for the hook. */
export interface Failure {
  readonly error: WaybillError;
  readonly reason: string;
  readonly isTemporary: boolean;
}

/** There was no complete response, for the reason in `cause`. */
class Unanswered extends Error {}

/** Marks the errors of `fetch`, to distinguish them from those of a token provider. */
export async function answerOf<Reply>(sent: Promise<Reply>): Promise<Reply> {
  try {
    return await sent;
  } catch (cause) {
    throw cause instanceof UnpreparedError ? cause : new Unanswered("no response", { cause });
  }
}

/** Returns the failure of an attempt; undefined for the error of the caller's own token provider. */
export function failureOf(thrown: unknown, exchange: Exchange): Failure | undefined {
  if (thrown instanceof TokenFailure) {
    const { message: reason, code, isTemporary, cause } = thrown;
    return { error: new TokenError(reason, code, exchange, cause), reason, isTemporary };
  }
  if (thrown instanceof Unanswered) {
    const { cause } = thrown;
    return { error: new NoAnswerError(cause, exchange), reason: reasonOf(cause), isTemporary: true };
  }
  return undefined;
}
