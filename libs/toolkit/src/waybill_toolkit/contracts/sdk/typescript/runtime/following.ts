import { StillMovingError, type RefusedError } from "./errors.js";
import type { FollowOptions } from "./options.js";
import { sleep } from "./waiting.js";

const FOLLOW_SECONDS = 60;
const FIRST_LOOK_SECONDS = 0.1;
const LONGEST_LOOK_SECONDS = 2;

type RefusedClass = new (code: string, detail: string, last: never) => RefusedError;

/** The final states of a resource. */
export interface Ending {
  /** The field to poll. */
  readonly status: string;
  readonly until: readonly string[];
  /** The field with the reason of a refusal. */
  readonly refusal: string;
  /** The error class of all refusals, and a subclass for each code. */
  readonly refused: RefusedClass;
  readonly codes: Readonly<Record<string, RefusedClass>>;
}

/** Polls with growing delays until the state is final. Throws an error for a refusal. */
export async function follow<Followed>(
  look: () => PromiseLike<Followed>,
  ending: Ending,
  options: FollowOptions = {},
): Promise<Followed> {
  const followSeconds = options.followSeconds ?? FOLLOW_SECONDS;
  const deadline = Date.now() + followSeconds * 1000;
  let pause = FIRST_LOOK_SECONDS;
  for (;;) {
    const seen = await look();
    if (isFinal(seen, ending)) return orRefusal(seen, ending);
    const left = (deadline - Date.now()) / 1000;
    if (left <= 0) throw new StillMovingError(followSeconds, seen);
    await sleep(Math.min(pause, left), options.signal);
    pause = Math.min(pause * 1.5, LONGEST_LOOK_SECONDS);
  }
}

function isFinal(seen: unknown, { status, until }: Ending): boolean {
  return until.includes(String((seen as Readonly<Record<string, unknown>>)[status]));
}

function orRefusal<Followed>(seen: Followed, { refusal, refused, codes }: Ending): Followed {
  const reason = (seen as Readonly<Record<string, unknown>>)[refusal] as
    | { readonly code: string; readonly detail: string }
    | null
    | undefined;
  if (!reason) return seen;
  const Refused = codes[reason.code] ?? refused;
  throw new Refused(reason.code, reason.detail, seen as never);
}
