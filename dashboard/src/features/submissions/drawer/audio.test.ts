import { describe, expect, it } from "vitest";
import { isExpired, nameOf, playable, sourceOf } from "./audio";
import { fakeStorage } from "./fakes";

const page = { host: "localhost:8000" };

describe("sourceOf", () => {
  it.each([
    ["nora/01.wav", "path"],
    ["/nora/01.wav", "path"],
    ["https://cdn.example/a.mp3", "address"],
    ["http://localhost:8000/a.mp3", "address"],
    ["http://elsewhere.example/a.mp3", "refused"],
    ["//elsewhere.example/a.mp3", "refused"],
    ["javascript:alert(1)", "refused"],
    ["data:audio/wav;base64,AAAA", "refused"],
    ["https://", "refused"],
    ["", "refused"],
  ])("%s is %s", (file, kind) => {
    expect(sourceOf(file, page).kind).toBe(kind);
  });
});

describe("nameOf", () => {
  it.each([
    ["nora/01.wav", "01.wav"],
    ["https://cdn.example/x/caf%C3%A9.mp3?token=1", "café.mp3"],
    ["50%.wav", "50%.wav"],
  ])("%s is called %s", (file, name) => {
    expect(nameOf(file)).toBe(name);
  });
});

describe("playable", () => {
  it("signs a path for an hour, and knows when that is over", async () => {
    const { storage } = fakeStorage();

    const made = await playable(storage, "tracks", "nora/01.wav", () => 0);

    expect(made.url).toBe("https://db.example/tracks/nora/01.wav?n=1&s=3600");
    expect(isExpired(made, 3_000_000)).toBe(false);
    expect(isExpired(made, 3_599_000)).toBe(true);
  });

  it("says why there is nothing to play", async () => {
    const { storage, state } = fakeStorage();
    state.broken = true;

    await expect(playable(storage, "tracks", "gone.wav")).rejects.toThrow(
      "Object not found",
    );
    await expect(playable(storage, "tracks", "data:x")).rejects.toThrow(/no address/);
  });
});
