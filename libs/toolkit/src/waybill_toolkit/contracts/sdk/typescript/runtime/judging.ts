import { ProblemError, UnexpectedAnswerError, type WaybillError } from "./errors.js";
import type { Exchange, RawAnswer } from "./exchange.js";
import { CLASSES, TEMPORARY_STATUSES, TEMPORARY_TYPES } from "./problems.js";
import type { Operation } from "./request.js";
import type { Problem } from "./schemas.js";
import { waitSecondsAfter } from "./waiting.js";

/** The result of one attempt: a response, or an error and the delay before a retry, if any. */
export type Outcome =
  | { readonly answer: RawAnswer }
  | { readonly error: unknown; readonly waitSeconds: number | undefined };

/** Decides whether a response is a success, and otherwise whether it is temporary. */
export function judge(operation: Operation, exchange: Exchange): Outcome {
  const { status = 0, headers, attempts } = exchange;
  const body = json(exchange);
  const expected = operation.answers[status];
  if (expected === "nothing" || (expected === "json" && body !== undefined)) {
    return { answer: { exchange, body } };
  }
  const error = problemError(body, exchange) ?? unexpected(exchange, expected !== undefined);
  const type = error instanceof ProblemError ? error.problem.type : "";
  const passes = TEMPORARY_STATUSES.has(status) || TEMPORARY_TYPES.has(type);
  return { error, waitSeconds: passes ? waitSecondsAfter(headers, attempts) : undefined };
}

function unexpected(exchange: Exchange, isSuccess: boolean): WaybillError {
  const reason = isSuccess ? "the body is not JSON" : "the response is not in the contract";
  return new UnexpectedAnswerError(reason, exchange);
}

/** Creates the error of a problem; a plain `ProblemError` when its type or its fields are unknown. */
function problemError(body: unknown, exchange: Exchange): WaybillError | undefined {
  if ((exchange.status ?? 0) < 400) return undefined;
  if (typeof body !== "object" || body === null || !("type" in body)) return undefined;
  if (typeof body.type !== "string") return undefined;
  const problem = withTexts(body as Readonly<Record<string, unknown>>, exchange);
  const [Known, kinds] = CLASSES[body.type] ?? [ProblemError, {}];
  const fits = Object.entries(kinds).every(([name, kind]) => kindOf(problem[name]) === kind);
  return new (fits ? Known : ProblemError)(problem as never, exchange);
}

/** Makes the fields that each problem has texts, also when they are missing. */
function withTexts(
  body: Readonly<Record<string, unknown>>,
  exchange: Exchange,
): Problem & Readonly<Record<string, unknown>> {
  const text = (name: string) => (typeof body[name] === "string" ? body[name] : "");
  return {
    ...body,
    type: text("type"),
    title: text("title"),
    status: exchange.status ?? 0,
    detail: text("detail"),
    instance: text("instance"),
    trace_id: text("trace_id") || (exchange.traceId ?? ""),
  };
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
}

/** Parses a JSON body; `undefined` when it is not JSON. */
function json({ headers, text }: Exchange): unknown {
  const type = headers.get("content-type") ?? "";
  if (!/^application\/([\w.-]+\+)?json\b/i.test(type)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
