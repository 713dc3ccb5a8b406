/*
 * Retry conditions and delays.
 *
 * Without a Retry-After the delays double from a quarter of a second on. Each is shortened by up to
 * a half at random (jitter), so that clients do not retry at the same time.
 */

const FIRST_WAIT_SECONDS = 0.25;
const LONGEST_WAIT_SECONDS = 8;
/** With a longer Retry-After the error is thrown at once. */
const LONGEST_RETRY_AFTER_SECONDS = 60;

/** Returns the delay before the next attempt after `tries` attempts. */
export function waitSeconds(tries: number): number {
  const longest = Math.min(FIRST_WAIT_SECONDS * 2 ** (tries - 1), LONGEST_WAIT_SECONDS);
  return longest * (1 - Math.random() / 2);
}

/** Returns the delay after a temporary error; `undefined` when it is too long. */
export function waitSecondsAfter(headers: Headers, tries: number): number | undefined {
  const requested = retryAfterSeconds(headers) ?? 0;
  return requested <= LONGEST_RETRY_AFTER_SECONDS ? Math.max(requested, waitSeconds(tries)) : undefined;
}

/** Parses Retry-After (RFC 9110, 10.2.3): a number of seconds, or a date. */
function retryAfterSeconds(headers: Headers): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}

/** Waits for a value. Fails with the reason of the signal when it is aborted first. */
export async function unlessAborted<Value>(
  value: Value | Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (!signal) return value;
  signal.throwIfAborted();
  let end = () => {};
  const aborted = new Promise<never>((_, reject) => {
    end = () => reject(signal.reason);
    signal.addEventListener("abort", end, { once: true });
  });
  try {
    return await Promise.race([value, aborted]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** Waits. Fails with the reason of the signal when it is aborted. */
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
