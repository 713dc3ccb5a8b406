import type { Call } from "./call.js";
import { StillMovingError, type RefusedError } from "./errors.js";
import { fields, type Exchange } from "./exchange.js";
import type { FollowOptions } from "./options.js";
import { sleep } from "./waiting.js";

const FOLLOW_SECONDS = 60;
const FIRST_LOOK_SECONDS = 0.1;
const LONGEST_LOOK_SECONDS = 2;

type RefusedClass = new (
  code: string,
  detail: string,
  last: never,
  exchange: Exchange,
) => RefusedError;

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

/** Polls until the state is final; an unknown state is not. Throws an error for a refusal. */
export async function follow<Followed extends object>(
  look: () => Call<Followed>,
  ending: Ending,
  options: FollowOptions = {},
): Promise<Followed> {
  const deadline = Date.now() + (options.followSeconds ?? FOLLOW_SECONDS) * 1000;
  let pause = FIRST_LOOK_SECONDS;
  for (let looks = 1; ; looks++) {
    const { body, response } = await look().withResponse();
    const exchange = { ...response, attempts: looks };
    const status = String(fields(body)[ending.status]);
    if (ending.until.includes(status)) return orRefusal(body, ending, exchange);
    const left = (deadline - Date.now()) / 1000;
    if (left <= 0) throw new StillMovingError(status, body, exchange);
    await sleep(Math.min(pause, left), options.signal);
    pause = Math.min(pause * 1.5, LONGEST_LOOK_SECONDS);
  }
}

function orRefusal<Followed extends object>(
  seen: Followed,
  { refusal, refused, codes }: Ending,
  exchange: Exchange,
): Followed {
  const reason = fields(seen)[refusal] as
    | { readonly code: string; readonly detail: string }
    | null
    | undefined;
  if (!reason) return seen;
  const Refused = codes[reason.code] ?? refused;
  throw new Refused(reason.code, reason.detail, seen as never, exchange);
}
