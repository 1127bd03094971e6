import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createArtists, type FindUsers } from "./artists";

const found = (ids: string[]) =>
  Promise.resolve({ data: ids.map((id) => ({ id, name: `Name of ${id}` })) });
const settle = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched(find: FindUsers) {
  const artists = createArtists(find);
  const leave = artists.subscribe(() => undefined);
  return { artists, leave, known: () => [...artists.getSnapshot().keys()] };
}

test("names are asked for once each, a hundred at a time", async () => {
  const find = vi.fn<FindUsers>(found);
  const { artists } = watched(find);
  const ids = Array.from({ length: 150 }, (_, number) => String(number));
  artists.want(ids);
  artists.want([...ids, "", "0"]);
  await settle();
  expect(artists.getSnapshot().size).toBe(150);
  expect(find.mock.calls.map(([asked]) => asked.length)).toEqual([100, 50]);
  expect(artists.getSnapshot().get("7")).toBe("Name of 7");
});

test("where nobody answers they are asked for again, ever more slowly", async () => {
  const find = vi
    .fn<FindUsers>()
    .mockRejectedValueOnce(new Error("no answer"))
    .mockResolvedValueOnce({ data: null, status: 503 })
    .mockResolvedValueOnce({ data: null, status: 401 })
    .mockImplementation(found);
  const { artists, known } = watched(find);
  artists.want(["a"]);
  await settle();
  artists.want(["b"]);
  await settle(999);
  expect(find).toHaveBeenCalledTimes(1);
  await settle(1);
  expect(find).toHaveBeenCalledTimes(2);
  await settle(2_000);
  expect(find).toHaveBeenCalledTimes(3);
  expect(known()).toEqual([]);
  await settle(4_000);
  expect(known()).toEqual(["a", "b"]);
  expect(find.mock.calls.map(([asked]) => asked)).toEqual([
    ["a"],
    ["a"],
    ["a"],
    ["a"],
    ["b"],
  ]);
});

test.each([
  ["may not be read", { data: null, status: 403 }],
  ["are no rows", { data: { not: "rows" }, status: 200 }],
])("what %s is not asked for again, and leaves the others", async (_, answer) => {
  const find = vi.fn<FindUsers>(found).mockResolvedValueOnce(answer);
  const { artists, known } = watched(find);
  artists.want(["a"]);
  artists.want(["b"]);
  await settle(120_000);
  expect(known()).toEqual(["b"]);
  expect(find).toHaveBeenCalledTimes(2);
});

test("nobody is asked while nobody looks, and again as soon as somebody does", async () => {
  const find = vi.fn<FindUsers>(found).mockRejectedValueOnce(new Error("no answer"));
  const { artists, leave, known } = watched(find);
  artists.want(["a"]);
  await settle();
  leave();
  expect(vi.getTimerCount()).toBe(0);
  artists.subscribe(() => undefined);
  await settle();
  expect(known()).toEqual(["a"]);
});
