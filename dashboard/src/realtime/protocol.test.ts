// @vitest-environment node
import { describe, expect, it } from "vitest";
import client from "../../../tests/vectors/client_messages.json";
import server from "../../../tests/vectors/server_messages.json";
import { change } from "../../tests/memorySocket";
import { auth, decode } from "./protocol";
import type { Row } from "./types";

const parse = (text: string): Row => JSON.parse(text) as Row;

describe("what the gateway says", () => {
  it.each([...server.told, ...server.answers])("$name is understood", ({ text }) => {
    const message = parse(text);

    expect(decode(text)).toEqual(message);
  });

  it.each(server.ignored)("$name is ignored", ({ text }) => {
    expect(decode(text)).toBeNull();
  });

  it("is marked as stale in its data too, where the message is", () => {
    const message = decode(JSON.stringify({ ...change("e1"), stale: true }));

    expect(message).toHaveProperty("data.stale", true);
  });

  it("pollutes no prototype with a column's name", () => {
    const text = JSON.stringify(change("e1")).replace(
      '"rating":9',
      '"__proto__":{"stale":true}',
    );

    expect(decode(text)).not.toBeNull();
    expect({}).not.toHaveProperty("stale");
  });
});

describe("a hostile frame", () => {
  const without = (name: string): Row => {
    const message = change("e1");
    return { ...message, data: { ...(message.data as Row), [name]: undefined } };
  };

  it.each([
    ["binary", new ArrayBuffer(2)],
    ["undefined", undefined],
    ["half of a message", '{"type":"pong"'],
    ["nested deeper than a stack", "[".repeat(200_000)],
    ["an update without an id", JSON.stringify({ ...change(""), id: undefined })],
    ["an update with an empty id", JSON.stringify(change(""))],
    ["an update with a number as its id", JSON.stringify({ ...change(""), id: 1 })],
    ["an update without data", JSON.stringify({ ...change("e1"), data: null })],
    ["an update whose data is an array", JSON.stringify({ ...change("e1"), data: [] })],
    ["an update without fields", JSON.stringify(without("updated_fields"))],
    ["an update without a row", JSON.stringify(without("new_data"))],
    ["another operation", JSON.stringify(change("e1", { event: "TRUNCATE" }))],
    ["fields that are no text", JSON.stringify(change("e1", { updated_fields: [1] }))],
    ["a version that is a number", JSON.stringify(change("e1", { version: 1 }))],
    ["a welcome without times", '{"type":"welcome","room":"admin","recovered":true}'],
  ])("is ignored: %s", (_, frame) => {
    expect(decode(frame)).toBeNull();
  });
});

describe("what the client says first", () => {
  const wanted = new Set([
    "a first auth",
    "an auth that resumes",
    "an auth with a rate",
    "a whole number is a rate",
  ]);
  const vectors = client.accepted.filter(({ name }) => wanted.has(name));

  it.each(vectors)("$name is as the gateway takes it", ({ text }) => {
    const { token, since, max_rate: rate } = parse(text);
    const said = auth(
      token as string,
      (since as string | undefined) ?? null,
      undefined,
      rate as number | undefined,
    );

    expect(vectors).toHaveLength(wanted.size);
    expect(said).toEqual(parse(text));
  });

  it("has the filter, also one that lets everything through", () => {
    expect(auth("t", null, {}, undefined)).toEqual({
      type: "auth",
      token: "t",
      filter: {},
    });
  });
});
