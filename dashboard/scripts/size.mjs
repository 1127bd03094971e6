// The package beside its code: what npm needs, and how large it is to whoever loads it.
import { copyFileSync, readFileSync } from "node:fs";
import process from "node:process";
import { gzipSync } from "node:zlib";

const LIMIT = 5_120;

for (const name of ["package.json", "README.md"])
  copyFileSync(`src/realtime/${name}`, `dist-realtime/${name}`);

const bundle = readFileSync("dist-realtime/index.js");
const size = gzipSync(bundle, { level: 9 }).length;
process.stdout.write(`dist-realtime/index.js: ${size} bytes gzipped, of ${LIMIT}\n`);
if (size > LIMIT) process.exit(1);
