/*
 * When to send a request again, and how long to wait before.
 *
 * Without a word from the API the waits double from a quarter of a second on, each shortened by up
 * to a half at random, so that clients who failed together do not come back together.
 */

const FIRST_WAIT_SECONDS = 0.25;
const LONGEST_WAIT_SECONDS = 8;
/** Whoever is told to wait for longer gets the error at once: it may have better to do. */
const LONGEST_RETRY_AFTER_SECONDS = 60;

/** Tells how long to wait before the try that follows `tries`. */
export function waitSeconds(tries: number): number {
  const longest = Math.min(FIRST_WAIT_SECONDS * 2 ** (tries - 1), LONGEST_WAIT_SECONDS);
  return longest * (1 - Math.random() / 2);
}

/** Tells how long to wait after an answer that passes; `undefined` when that is too long. */
export function waitSecondsAfter(headers: Headers, tries: number): number | undefined {
  const told = retryAfterSeconds(headers) ?? 0;
  return told <= LONGEST_RETRY_AFTER_SECONDS ? Math.max(told, waitSeconds(tries)) : undefined;
}

/** Reads Retry-After (RFC 9110, 10.2.3): a number of seconds, or a date. */
function retryAfterSeconds(headers: Headers): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}

/** Waits; fails with the signal's reason when that comes first. */
export function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", ended);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) ended();
    else signal?.addEventListener("abort", ended, { once: true });
  });
}
