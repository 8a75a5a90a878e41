// The client of the TypeScript SDK, of its first generation or its second, does in order what
// scenario.py does. Arguments: 1 or 2 for the generation, and those of steps.py.

import { Steps, Unsupported, expect, parseArguments } from "./steps.mjs";
import { TypeScriptSdk } from "./typescript_sdk.mjs";

const DOCUMENT = "static/document/features.md";
const TEMPLATE = "dynamic/text/{resourceId}";
const ROOT = { uri: "file:///root-of-the-client", name: "root" };
const SAMPLE = "sampled by the client";
const ANSWERS = {
  "elicitation/create": { action: "accept", content: { name: "Ada" } },
  "sampling/createMessage": {
    role: "assistant",
    content: { type: "text", text: SAMPLE },
    model: "none",
    stopReason: "endTurn",
  },
  "roots/list": { roots: [ROOT] },
};
const TOOLS = [
  "echo",
  "get-sum",
  "trigger-long-running-operation",
  "toggle-simulated-logging",
  "toggle-subscriber-updates",
];
const MOST_PAGES = 100;
// For what is sent at once, on a machine that is busy.
const SOON = 10_000;
// The SDK sends signals to a server that goes on after its stdin was closed for so long.
const GRACE = 2_000;

const options = parseArguments();
const { prefix } = options;
const sdk = new TypeScriptSdk(options, ANSWERS);
let tools = [];
let document;

const scenario = {
  async list_tools() {
    const pages = await everyPage(sdk.listTools);
    tools = pages.flatMap((page) => page.tools.map((tool) => tool.name));
    expect(new Set(tools).size === tools.length, `a name is listed twice: ${tools}`);
    const missing = TOOLS.filter((name) => !tools.includes(prefix + name));
    expect(!missing.length, `${missing} are not in ${tools}`);
    return `${tools.length} tools, ${pages.length} pages`;
  },

  echo: () => call("echo", { message: "»hello«" }, "Echo: »hello«"),

  sum: () => call("get-sum", { a: 2, b: 40 }, "The sum of 2 and 40 is 42."),

  async cancel() {
    const controller = new AbortController();
    // On its first notification of progress.
    const onprogress = () => controller.abort();
    const cancelled = { signal: controller.signal, onprogress };
    const outcome = await sdk
      .callTool(`${prefix}trigger-long-running-operation`, { duration: 1, steps: 10 }, cancelled)
      .then(
        (result) => `it was not cancelled: ${JSON.stringify(result)}`,
        (error) => !controller.signal.aborted && `it failed of itself: ${error}`,
      );
    expect(!outcome, outcome);
    return call("echo", { message: "after" }, "Echo: after");
  },

  async progress() {
    const seen = [];
    const onprogress = ({ progress }) => seen.push(progress);
    const values = { duration: 1, steps: 4 };
    await call("trigger-long-running-operation", values, "Steps: 4", { onprogress });
    // The SDK loses a notification that it reads together with the result.
    const complete = ["1,2,3,4", "1,2,3"].includes(String(seen));
    expect(complete, `${seen} came before the result`);
    return `${seen.length} notifications before the result`;
  },

  async read_resource() {
    document = await find(sdk.listResources, "resources", "uri", DOCUMENT);
    return read(document, "Everything Server");
  },

  async read_template() {
    const template = await find(sdk.listTemplates, "resourceTemplates", "uriTemplate", TEMPLATE);
    return read(template.replace("{resourceId}", "7"), "Resource 7");
  },

  async get_prompt() {
    const name = await find(sdk.listPrompts, "prompts", "name", `${prefix}args-prompt`);
    const result = await sdk.getPrompt(name, { city: "Lisbon", state: "Portugal" });
    const { text } = result.messages[0].content;
    expect(text === "What's weather in Lisbon, Portugal?", `another prompt: ${text}`);
    return text;
  },

  async complete() {
    const result = await sdk.complete(`${prefix}completable-prompt`, "department", "E");
    const values = String(result.completion.values);
    expect(values === "Engineering", `another completion: ${values}`);
    return values;
  },

  async subscribe() {
    expect(document, "no resource was listed");
    const end = await sdk.subscribe(document);
    await switchOn("toggle-subscriber-updates");
    const uri = await soon(sdk.updates.get());
    expect(uri === document, `an update of ${uri}, not of ${document}`);
    await switchOff("toggle-subscriber-updates");
    await end();
    return `${uri} was updated`;
  },

  async log() {
    await sdk.receiveLogs();
    await switchOn("toggle-simulated-logging");
    let message;
    do message = await soon(sdk.logs.get());
    while (!/level.message/.test(message.data));
    await switchOff("toggle-simulated-logging");
    return `${message.level}: ${message.data}`;
  },

  elicitation: () => ask("trigger-elicitation-request", {}, "Name: Ada"),

  sampling: () => ask("trigger-sampling-request", { prompt: "hello", maxTokens: 10 }, SAMPLE),

  roots: () => ask("get-roots-list", {}, ROOT.uri),
};

async function ask(tool, values, expected) {
  if (!tools.includes(prefix + tool)) throw new Unsupported(`the server does not list ${tool}`);
  return call(tool, values, expected);
}

async function call(tool, values, expected, requestOptions) {
  const result = await sdk.callTool(prefix + tool, values, requestOptions);
  const text = result.content.map((content) => content.text ?? "").join("\n");
  expect(!result.isError && text.includes(expected), `no ${expected} in ${JSON.stringify(result)}`);
  return text;
}

async function read(uri, expected) {
  const result = await sdk.readResource(uri);
  expect(result.contents[0].text.includes(expected), `no ${expected} in ${JSON.stringify(result)}`);
  return uri;
}

// The listed name or URI that ends so; of one server, where several have it.
async function find(list, kind, member, end) {
  const pages = await everyPage(list);
  const values = pages.flatMap((page) => page[kind].map((entry) => entry[member]));
  const found = values.filter((value) => value.endsWith(end));
  expect(found.length, `nothing ends with ${end} in ${values}`);
  const own = prefix.replace(/__$/, "");
  return found.find((value) => value.includes(own)) ?? found[0];
}

async function everyPage(list) {
  const pages = [await list()];
  while (pages.at(-1).nextCursor !== undefined) {
    expect(pages.length < MOST_PAGES, "the pages have no end");
    pages.push(await list(pages.at(-1).nextCursor));
  }
  return pages;
}

function soon(notification) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no notification within ${SOON} ms`)), SOON).unref();
  });
  return Promise.race([notification, late]);
}

// What these tools toggle, another client of the same process may have on already.
async function switchOn(tool) {
  while (!(await call(tool, {}, "ed simulated")).includes("Started"));
}

const switchOff = (tool) => call(tool, {}, "ed simulated");

const steps = new Steps();

const connected = await steps.take("connect", async () => {
  const [version, name] = await sdk.open();
  const wanted = options.protocol;
  expect(!wanted || version === wanted, `${version} was agreed on, not ${wanted}`);
  return `${version}, ${name}`;
});
if (!connected) process.exit(steps.exitCode);
for (const [name, step] of Object.entries(scenario)) await steps.take(name, step);
await steps.take("end", async () => {
  const started = performance.now();
  await sdk.close();
  const took = performance.now() - started;
  const killed = options.transport === "stdio" && took >= GRACE;
  expect(!killed, `the server did not end by itself within ${GRACE} ms`);
  expect(!sdk.complaints.length, `the SDK complained: ${sdk.complaints}`);
  return `after ${(took / 1000).toFixed(2)} seconds`;
});
process.exit(steps.exitCode);
