// Calls the API with tokens of its own: node tokens.js SCENARIO ADDRESS
import { TokenError, Waybill, WaybillError, type WaybillOptions } from "waybill-client";

declare const process: { argv: string[] };

const [, , scenario, address] = process.argv as [string, string, string, string];
const ID = "01890a5d-ac96-774b-bcce-b302099a8057";
const asked: (string | null)[] = [];

async function calls(...counts: number[]): Promise<object> {
  return callsWith({}, ...counts);
}

async function callsWith(options: WaybillOptions, ...counts: number[]): Promise<object> {
  const waybill = new Waybill({ baseUrl: address, ...options });
  const statuses: string[] = [];
  for (const count of counts) {
    const orders = Array.from({ length: count }, () => waybill.orders.getOrder(ID));
    for (const { status } of await Promise.all(orders)) statuses.push(status);
  }
  return { statuses };
}

async function provided(give: (refused?: string) => string): Promise<object> {
  const token = async (refused?: string) => {
    asked.push(refused ?? null);
    return give(refused);
  };
  return { ...(await callsWith({ token }, 1)), asked };
}

const scenarios: Record<string, () => Promise<object>> = {
  once: () => calls(1),
  twice: () => calls(1, 1),
  many: () => calls(20, 1),
  once_and_many: () => calls(1, 20),
  scoped: () => {
    const tokenUrl = `${address}/realms/shop/token`;
    return callsWith({ token: { clientId: "shop", clientSecret: "s", scope: "orders:read a", tokenUrl } }, 1);
  },
  unreachable: () => {
    const tokenUrl = "http://127.0.0.1:9/token";
    return callsWith({ token: { clientId: "shop", clientSecret: "s", tokenUrl }, retriesMax: 1 }, 1);
  },
  provider: () => provided((refused) => (refused ? "new" : "old")),
  stubborn: () => provided(() => "old"),
  unsendable: () => provided(() => "old\nX: 1"),
  own: () => callsWith({ headers: { authorization: "Bearer mine" } }, 1),
};

function describe(error: unknown): object {
  if (!(error instanceof Error)) return { error };
  return {
    error: error instanceof TokenError ? "token" : error.name,
    text: error.message,
    all: JSON.stringify({ ...error }) + String(error.stack),
    ...(error instanceof TokenError ? { code: error.code } : {}),
    ...(error instanceof WaybillError ? { attempts: error.attempts } : {}),
  };
}

const found = await (async () => scenarios[scenario]?.())().catch(describe);
console.log(JSON.stringify(found));
