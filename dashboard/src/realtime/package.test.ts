// @vitest-environment node
import { once } from "node:events";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer, type WebSocket as Peer } from "ws";
import { change } from "../../tests/memorySocket";
import type { Row } from "./types";

const root = fileURLToPath(new URL("../..", import.meta.url));
const ws = createRequire(import.meta.url).resolve("ws");
const folder = mkdtempSync(join(tmpdir(), "realtime-"));
const listen = `
  const { default: WebSocket } = await import(process.argv[3]);
  import { createClient } from "./index.js";
  const client = createClient({ url: process.argv[2], getToken: async () => "t.t.t", WebSocket });
  client.subscribe((message) => {
    console.log(message.id);
    if (message.id === "e2") client.close();
  });
  client.connect();
`;

beforeAll(async () => {
  await build({
    root,
    configFile: `${root}vite.realtime.config.ts`,
    logLevel: "silent",
    build: { outDir: folder, emptyOutDir: false },
  });
  writeFileSync(`${folder}/listen.mjs`, listen);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the built package", () => {
  it("is under five kilobytes", () => {
    expect(gzipSync(readFileSync(`${folder}/index.js`)).length).toBeLessThan(5_120);
  });

  it(
    "runs in Node with ws: comes back, goes on, and leaves",
    { timeout: 20_000 },
    async () => {
      const heard: Row[] = [];
      const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
      server.on("connection", (peer: Peer) =>
        peer.on("message", (text: Buffer) => {
          const said = JSON.parse(text.toString()) as Row;
          heard.push(said);
          peer.send(
            JSON.stringify({
              type: "welcome",
              room: "admin",
              recovered: true,
              last_event_id: null,
              ping_interval: 25,
              token_expires_in: 60,
            }),
          );
          peer.send(JSON.stringify(change("e1")));
          if (said.since === "e1") peer.send(JSON.stringify(change("e2")));
          else peer.close(4202, "server going away");
        }),
      );
      await once(server, "listening");
      const { port } = server.address() as { port: number };

      const { stdout } = await promisify(execFile)(
        process.execPath,
        [`${folder}/listen.mjs`, `ws://127.0.0.1:${port}/ws/admin`, ws],
        { timeout: 15_000 },
      );
      server.close();

      expect(stdout.trim().split("\n")).toEqual(["e1", "e2"]);
      expect(heard).toEqual([
        { type: "auth", token: "t.t.t" },
        { type: "auth", token: "t.t.t", since: "e1" },
      ]);
    },
  );
});
