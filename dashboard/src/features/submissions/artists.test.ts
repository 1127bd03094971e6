import { expect, test, vi } from "vitest";
import { createArtists, type FindUsers } from "./artists";

const found = (ids: string[]) =>
  Promise.resolve({ data: ids.map((id) => ({ id, name: `Name of ${id}` })) });

test("names are asked for once each, a hundred at a time", async () => {
  const find = vi.fn<FindUsers>(found);
  const artists = createArtists(find);
  const ids = Array.from({ length: 150 }, (_, number) => String(number));
  artists.want(ids);
  artists.want([...ids, "", "0"]);
  await vi.waitFor(() => expect(artists.getSnapshot().size).toBe(150));
  expect(find.mock.calls.map(([asked]) => asked.length)).toEqual([100, 50]);
  expect(artists.getSnapshot().get("7")).toBe("Name of 7");
});

test("what cannot be had leaves the others", async () => {
  const find = vi
    .fn<FindUsers>()
    .mockRejectedValueOnce(new Error("no answer"))
    .mockResolvedValueOnce({ data: { not: "rows" } })
    .mockImplementationOnce(found);
  const artists = createArtists(find);
  for (const id of ["a", "b", "c"]) artists.want([id]);
  await vi.waitFor(() => expect([...artists.getSnapshot().keys()]).toEqual(["c"]));
});
