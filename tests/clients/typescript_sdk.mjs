// The two generations of the TypeScript SDK, as one.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { Unsupported } from "./steps.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const peers = process.env.VICEVERSA_TEST_PEERS ?? join(root, "target/peers");
const require = createRequire(join(peers, "clients/package.json"));

const LOG_LEVEL = "io.modelcontextprotocol/logLevel";
// Of a call that was cancelled, or whose result was read together with its last notification.
const TOO_LATE = "progress notification for an unknown token";
const IDENTITY = { name: "viceversa-tests", version: "0" };
const CAPABILITIES = {
  elicitation: { form: {} },
  sampling: {},
  roots: { listChanged: true },
};

export class TypeScriptSdk {
  updates = new Queue();
  logs = new Queue();
  complaints = [];

  constructor(options, answers) {
    this.options = options;
    const { Client, transport, schemas } = GENERATIONS[options.generation]();
    // The first generation names methods by their schemas.
    const method = (name) => schemas?.[name] ?? name;
    this.first = schemas !== undefined;
    this.transport = transport(options);
    this.client = new Client(IDENTITY, {
      capabilities: CAPABILITIES,
      versionNegotiation: { mode: "auto" },
    });
    this.client.onerror = (error) => {
      if (!error.message.includes(TOO_LATE)) this.complaints.push(String(error));
    };
    for (const [name, answer] of Object.entries(answers)) {
      this.client.setRequestHandler(method(name), () => answer);
    }
    this.client.setNotificationHandler(method("notifications/message"), ({ params }) =>
      this.logs.put(params),
    );
    this.client.setNotificationHandler(method("notifications/resources/updated"), ({ params }) =>
      this.updates.put(params.uri),
    );
  }

  async open() {
    await this.client.connect(this.transport);
    this.version = this.first ? "2025-11-25" : this.client.getNegotiatedProtocolVersion();
    return [this.version, this.client.getServerVersion()?.name ?? "no name"];
  }

  get stateless() {
    return !this.first && this.client.getProtocolEra() === "modern";
  }

  async close() {
    await this.transport.terminateSession?.();
    // Which aborts what is under way.
    this.client.onerror = undefined;
    await this.client.close();
  }

  listTools = (cursor) => this.client.listTools(page(cursor));
  listResources = (cursor) => this.client.listResources(page(cursor));
  listTemplates = (cursor) => this.client.listResourceTemplates(page(cursor));
  listPrompts = (cursor) => this.client.listPrompts(page(cursor));
  readResource = (uri) => this.client.readResource({ uri });
  getPrompt = (name, values) => this.client.getPrompt({ name, arguments: values });
  complete = (name, argument, value) =>
    this.client.complete({ ref: { type: "ref/prompt", name }, argument: { name: argument, value } });

  callTool(name, values, options) {
    const call = { name, arguments: values };
    // In the stateless era each request says what it wants to be told.
    if (this.stateless) call._meta = { [LOG_LEVEL]: "debug" };
    return this.first
      ? this.client.callTool(call, undefined, options)
      : this.client.callTool(call, options);
  }

  // Gives what ends the subscription.
  async subscribe(uri) {
    if (this.stateless) {
      const subscription = await this.client.listen({ resourceSubscriptions: [uri] });
      return () => subscription.close();
    }
    if (!this.client.getServerCapabilities().resources?.subscribe) {
      throw new Unsupported("the server offers no subscriptions");
    }
    await this.client.subscribeResource({ uri });
    return () => this.client.unsubscribeResource({ uri });
  }

  async receiveLogs() {
    if (!this.stateless) await this.client.setLoggingLevel("debug");
  }
}

class Queue {
  values = [];
  waiting = [];

  put(value) {
    const resolve = this.waiting.shift();
    resolve ? resolve(value) : this.values.push(value);
  }

  async get() {
    return this.values.length ? this.values.shift() : new Promise((resolve) => this.waiting.push(resolve));
  }
}

const page = (cursor) => (cursor === undefined ? undefined : { cursor });

const GENERATIONS = {
  1: () => {
    const package_ = "@modelcontextprotocol/sdk";
    const types = require(`${package_}/types.js`);
    return {
      ...require(`${package_}/client/index.js`),
      transport: transports({
        ...require(`${package_}/client/stdio.js`),
        ...require(`${package_}/client/sse.js`),
        ...require(`${package_}/client/streamableHttp.js`),
      }),
      schemas: {
        "elicitation/create": types.ElicitRequestSchema,
        "sampling/createMessage": types.CreateMessageRequestSchema,
        "roots/list": types.ListRootsRequestSchema,
        "notifications/message": types.LoggingMessageNotificationSchema,
        "notifications/resources/updated": types.ResourceUpdatedNotificationSchema,
      },
    };
  },
  2: () => {
    const sdk = require("@modelcontextprotocol/client");
    const stdio = require("@modelcontextprotocol/client/stdio");
    return { Client: sdk.Client, transport: transports({ ...sdk, ...stdio }) };
  },
};

function transports(sdk) {
  return ({ transport, url, key, command }) => {
    if (transport === "stdio") {
      const [program, ...args] = command;
      return new sdk.StdioClientTransport({ command: program, args });
    }
    const headers = key ? { Authorization: `Bearer ${key}` } : {};
    const Transport =
      transport === "sse" ? sdk.SSEClientTransport : sdk.StreamableHTTPClientTransport;
    return new Transport(new URL(url), { requestInit: { headers } });
  };
}
