// What steps.py is to Python: arguments, and a line of JSON for each step.

import { parseArgs } from "node:util";

const DEADLINE = 30_000;
const LAST_RESORT = 150_000;
const MOST_DETAIL = 500;

export class Unsupported extends Error {}

export function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

export function parseArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      transport: { type: "string", default: "stdio" },
      url: { type: "string" },
      key: { type: "string" },
      prefix: { type: "string", default: "" },
      protocol: { type: "string" },
    },
  });
  const [generation, ...command] = positionals;
  setTimeout(() => process.exit(1), LAST_RESORT).unref();
  return { ...values, generation, command };
}

export class Steps {
  exitCode = 0;

  // Runs one step; gives whether it was done.
  async take(step, run) {
    let ok = true;
    let detail;
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done within ${DEADLINE} ms`)), DEADLINE);
    });
    try {
      detail = await Promise.race([run(), late]);
    } catch (error) {
      ok = error instanceof Unsupported ? "unsupported" : false;
      detail = error instanceof Unsupported ? error.message : String(error);
    }
    clearTimeout(timer);
    if (ok === false) this.exitCode = 1;
    console.log(JSON.stringify({ step, ok, detail: String(detail).slice(0, MOST_DETAIL) }));
    return ok === true;
  }
}
