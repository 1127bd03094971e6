import { expect, test, vi } from "vitest";
import { rowOf } from "./fakes";
import { loadSubmissions, MAX_ROWS, PAGE_ROWS, type Page } from "./load";

const page = (ids: string[], next: string | null, as_of = "event"): Page => ({
  as_of,
  items: ids.map((id) => rowOf(id)),
  next,
});

test("every page is read, and goes on from the event of the first", async () => {
  const get = vi
    .fn<(path: string) => Promise<Page>>()
    .mockResolvedValueOnce(page(["a", "b"], "c u/r", "first"))
    .mockResolvedValueOnce(page(["c"], null, "later"));
  const progress: number[] = [];
  const snapshot = await loadSubmissions(get, undefined, (rows) => progress.push(rows));
  expect(snapshot).toMatchObject({ asOf: "first", isCut: false });
  expect(snapshot.rows.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect(progress).toEqual([2, 3]);
  expect(get.mock.calls.map(([path]) => path)).toEqual([
    `/api/submissions?limit=${PAGE_ROWS}`,
    `/api/submissions?limit=${PAGE_ROWS}&cursor=c+u%2Fr`,
  ]);
});

test("no more rows are kept than the page can hold, and that is said", async () => {
  const ids = Array.from({ length: PAGE_ROWS }, (_, number) => String(number));
  const get = vi.fn(() => Promise.resolve(page(ids, "more")));
  const snapshot = await loadSubmissions(get);
  expect(snapshot.rows).toHaveLength(MAX_ROWS);
  expect(snapshot.isCut).toBe(true);
  expect(get).toHaveBeenCalledTimes(MAX_ROWS / PAGE_ROWS);
});

test("who has left gets no rows", async () => {
  const leaving = new AbortController();
  const get = vi.fn(() => {
    leaving.abort();
    return Promise.resolve(page(["a"], "more"));
  });
  await expect(loadSubmissions(get, leaving.signal)).rejects.toThrow();
  expect(get).toHaveBeenCalledTimes(1);
});

test("what the pages cannot tell is the caller's to handle", async () => {
  const get = vi.fn(() => Promise.reject(new Error("no answer")));
  await expect(loadSubmissions(get)).rejects.toThrow("no answer");
});
