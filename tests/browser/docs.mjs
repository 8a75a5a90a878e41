// Headless Chromium on the docs pages: authorizes, presses "Try it out" and "Execute", and sees a
// real answer. Screenshots go to target/screenshots. Exit code 77: no Chromium here.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const peers = process.env.VICEVERSA_TEST_PEERS ?? join(root, "target/peers");
const binary = process.env.VICEVERSA_BINARY ?? join(root, "target/debug/viceversa");
const fixture = join(dirname(binary), "examples/fixture-server");
const screenshots = join(root, "target/screenshots");
const key = "browser-test-key";

const chromium = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path && existsSync(path),
);
if (!chromium) {
  console.log("no Chromium here: install it (Debian: apt-get install chromium) or name it in CHROMIUM");
  process.exit(77);
}

const folder = mkdtempSync(join(tmpdir(), "viceversa-browser-"));
mkdirSync(screenshots, { recursive: true });
const config = join(folder, "config.json");
writeFileSync(
  config,
  JSON.stringify({
    mcpServers: {
      demo: { command: binary, args: ["demo-server"] },
      fixture: { command: fixture },
    },
  }),
);

const ours = /^(VICEVERSA_|MCPO_|FASTMCP_)/;
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !ours.test(name)),
);
const gateway = spawn(binary, ["--port", "0", "--api-key", key, "--config", config], {
  stdio: ["ignore", "pipe", "pipe"],
  env: environment,
});
let log = "";
gateway.stdout.resume();
const ended = new Promise((resolve) => gateway.once("exit", resolve));
const address = new Promise((resolve, reject) => {
  const look = (chunk) => {
    log += chunk;
    const found = log.match(/listening on (https?:\/\/[\w.:[\]]+)/);
    if (found) resolve(found[1]);
  };
  gateway.stderr.on("data", look);
  ended.then((code) => reject(new Error(`the gateway ended with code ${code}`)));
  setTimeout(() => reject(new Error("the gateway did not say where it listens")), 60_000).unref();
});

let browser;
// What pages wrote to the console, and requests that failed.
const seen = [];

function check(holds, message) {
  if (!holds) throw new Error(message);
}

async function openPage(url, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1500 }, ...options });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => seen.push(`console: ${message.text()}`));
  page.on("requestfailed", (request) => seen.push(`failed: ${request.url()}`));
  page.on("pageerror", (error) => {
    problems.push(`page error: ${error.message}`);
    seen.push(`page error: ${error.message}`);
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin && !request.url().startsWith("data:")) {
      problems.push(`a request to elsewhere: ${request.url()}`);
    }
  });
  const answer = await page.goto(url, { waitUntil: "networkidle" });
  return { context, page, problems, status: answer.status() };
}

// Opens an operation, fills in the arguments and presses "Execute"; gives what the page shows.
async function tryOut(page, path, body) {
  const operation = page.locator(".opblock", {
    has: page.locator(`.opblock-summary-path[data-path="${path}"]`),
  }).first();
  await operation.locator(".opblock-summary").click();
  const tryButton = operation.getByRole("button", { name: /try it out/i });
  const cancelButton = operation.getByRole("button", { name: /^cancel$/i });
  await tryButton.or(cancelButton).first().waitFor({ timeout: 20_000 });
  // Swagger UI may be set to open operations with the form ready: then it is closed first.
  if (await cancelButton.count()) await cancelButton.click();
  await tryButton.click();
  if (body) {
    await operation.locator("textarea.body-param__text").first().fill(JSON.stringify(body));
  }
  await operation.getByRole("button", { name: /^execute$/i }).click();
  const answer = operation.locator("table.live-responses-table tbody tr.response").first();
  await answer.waitFor({ timeout: 20_000 });
  await operation.evaluate((element) => element.scrollIntoView());
  return {
    status: (await answer.locator(".response-col_status").innerText()).trim().split(/\s/)[0],
    body: await answer.locator(".response-col_description").innerText(),
  };
}

async function authorize(page) {
  await page.locator(".auth-wrapper .authorize").first().click();
  const dialog = page.locator(".dialog-ux");
  await dialog.waitFor();
  const bearer = dialog.locator(".auth-container", { hasText: /bearer/i }).first();
  await bearer.locator("input").first().fill(key);
  await bearer.locator("button.authorize").click();
  await dialog.locator("button.btn-done").first().click();
}

// A look at each page that was open when something failed.
async function showPages() {
  for (const context of browser?.contexts() ?? []) {
    for (const page of context.pages()) {
      await page.screenshot({ path: join(screenshots, "failure.png") });
      console.error(`${page.url()}: see target/screenshots/failure.png\n${seen.join("\n")}`);
    }
  }
}

async function run() {
  const require = createRequire(join(peers, "npm/package.json"));
  const { chromium: playwright } = require("playwright-core");
  const base = await address;
  browser = await playwright.launch({
    executablePath: chromium,
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
  try {
    const credentials = { httpCredentials: { username: "anyone", password: key } };

    // Without credentials a browser is asked for them.
    const stranger = await fetch(`${base}/docs`);
    check(stranger.status === 401, `/docs without a key: ${stranger.status}`);
    const challenge = stranger.headers.get("www-authenticate") ?? "";
    check(/basic realm=/i.test(challenge), `no browser asks for a password on: ${challenge}`);

    // The page of one server.
    const one = await openPage(`${base}/fixture/docs`, credentials);
    check(one.status === 200, `/fixture/docs: ${one.status}`);
    await one.page.locator(".opblock").first().waitFor({ timeout: 20_000 });
    await authorize(one.page);
    const echoed = await tryOut(one.page, "/echo_raw", { value: "Grüße from a browser" });
    await one.page.screenshot({ path: join(screenshots, "server-docs.png") });
    check(echoed.status === "200", `Execute shows ${echoed.status}: ${echoed.body}`);
    check(echoed.body.includes("Grüße from a browser"), `the answer is not shown: ${echoed.body}`);
    check(one.problems.length === 0, one.problems.join("\n"));
    await one.context.close();

    // The page of all servers.
    const all = await openPage(`${base}/docs`, credentials);
    check(all.status === 200, `/docs: ${all.status}`);
    await all.page.locator(".opblock").first().waitFor({ timeout: 20_000 });
    const text = await all.page.locator("body").innerText();
    for (const server of ["demo", "fixture"]) {
      check(text.includes(server), `/docs does not name the server ${server}`);
    }
    await all.page.screenshot({ path: join(screenshots, "docs.png") });
    await authorize(all.page);
    const called = await tryOut(all.page, "/fixture/echo_raw", { value: 7 });
    await all.page.screenshot({ path: join(screenshots, "docs-called.png") });
    check(called.status === "200", `Execute shows ${called.status}: ${called.body}`);
    check(all.problems.length === 0, all.problems.join("\n"));
    await all.context.close();

    // With the browser's own credentials alone, as a person uses it who has logged in.
    const plain = await openPage(`${base}/demo/docs`, credentials);
    await plain.page.locator(".opblock").first().waitFor({ timeout: 20_000 });
    await plain.page.screenshot({ path: join(screenshots, "demo-docs.png"), fullPage: true });
    const shown = await plain.page.evaluate(async () => {
      const answer = await fetch("openapi.json");
      return answer.status;
    });
    check(shown === 200, `the page can't fetch its document: ${shown}`);
    check(plain.problems.length === 0, plain.problems.join("\n"));
    await plain.context.close();
  } catch (error) {
    await showPages();
    throw error;
  } finally {
    await browser.close();
  }
}

let failure;
const deadline = setTimeout(() => {
  console.error("the browser test did not end in time");
  gateway.kill("SIGKILL");
  process.exit(1);
}, 240_000);
try {
  await run();
} catch (error) {
  failure = error;
}
clearTimeout(deadline);
gateway.kill("SIGTERM");
const forced = setTimeout(() => gateway.kill("SIGKILL"), 10_000);
const code = await ended;
clearTimeout(forced);
rmSync(folder, { recursive: true, force: true });
if (!failure && code !== 0) failure = new Error(`the gateway ended with code ${code}`);
if (failure) {
  console.error(failure.stack ?? failure);
  console.error(`--- stderr of the gateway\n${log}---`);
  process.exit(1);
}
console.log("the docs pages work in Chromium; screenshots are in target/screenshots");
