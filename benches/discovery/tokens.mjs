// Counts the tokens of texts, as OpenAI's models of 2024 and later cut them (o200k_base): a JSON list
// of strings on stdin, a list of numbers on stdout.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.argv[2], "package.json"));
const { countTokens } = require("gpt-tokenizer/encoding/o200k_base");

const texts = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map((text) => countTokens(text))));
