import { describe, expect, it, vi } from "vitest";
import type { Message } from "@/realtime/types";
import type { HistoryPage, Item } from "./history";
import { createTimeline } from "./timeline";

const item = (id: string, second: number): Item => ({
  id,
  time: `2026-11-23T12:00:0${second}Z`,
  event: "email",
  outcome: "accepted",
  recipient: null,
  reason: null,
});
const page = (items: Item[], next: string | null = null): HistoryPage => ({
  submission_id: "s 1",
  items,
  next,
});
const message = (id: string, second: number): Message => ({
  type: "email_update",
  id,
  timestamp: "",
  data: {
    submission_id: "s 1",
    outcome: "delivered",
    recipient: null,
    reason: null,
    timestamp: `2026-11-23T12:00:0${second}Z`,
  },
});

describe("timeline", () => {
  it("reads page after page until the end", async () => {
    const load = vi
      .fn<(path: string) => Promise<HistoryPage>>()
      .mockResolvedValueOnce(page([item("a", 1)], "next"))
      .mockResolvedValueOnce(page([item("b", 2)]));
    const timeline = createTimeline("s 1", load);

    timeline.listen();
    timeline.read();

    await vi.waitFor(() => expect(timeline.getSnapshot().status).toBe("ready"));
    expect(timeline.getSnapshot().items.map(({ id }) => id)).toEqual(["b", "a"]);
    expect(load.mock.calls.map(([path]) => path)).toEqual([
      "/api/submissions/s%201/history?limit=500",
      "/api/submissions/s%201/history?limit=500&cursor=next",
    ]);
  });

  it("adds what happens while it reads, once", async () => {
    let tell: (message: Message) => void = () => undefined;
    let answer: (page: HistoryPage) => void = () => undefined;
    const load = () => new Promise<HistoryPage>((resolve) => (answer = resolve));
    const timeline = createTimeline("s 1", load, (listener) => {
      tell = listener;
      return () => undefined;
    });
    timeline.listen();
    timeline.read();

    tell(message("b", 2));
    answer(page([item("a", 1), item("b", 2)]));

    await vi.waitFor(() => expect(timeline.getSnapshot().status).toBe("ready"));
    expect(timeline.getSnapshot().items.map(({ id }) => id)).toEqual(["b", "a"]);
  });

  it("says why it could not be read, and tries again when asked", async () => {
    const load = vi
      .fn<() => Promise<HistoryPage>>()
      .mockRejectedValueOnce(new Error("not now"))
      .mockResolvedValueOnce(page([item("a", 1)]));
    const timeline = createTimeline("s 1", load);
    timeline.listen();
    timeline.read();
    await vi.waitFor(() => expect(timeline.getSnapshot().status).toBe("failed"));
    expect(timeline.getSnapshot().reason).toBe("not now");

    timeline.read();

    await vi.waitFor(() => expect(timeline.getSnapshot().status).toBe("ready"));
  });

  it("stops reading and listening", async () => {
    const stop = vi.fn();
    let given: AbortSignal | undefined;
    const timeline = createTimeline(
      "s 1",
      (_path, signal) => {
        given = signal;
        return Promise.resolve(page([item("a", 1)]));
      },
      () => stop,
    );

    const stopListening = timeline.listen();
    timeline.read();
    timeline.stop();
    stopListening();
    await Promise.resolve();

    expect(stop).toHaveBeenCalledOnce();
    expect(given?.aborted).toBe(true);
    expect(timeline.getSnapshot().items).toEqual([]);
  });

  it("reads no more than its bound, and says so", async () => {
    const load = vi.fn(() => Promise.resolve(page([], "more")));
    const timeline = createTimeline("s 1", load);

    timeline.listen();
    timeline.read();

    await vi.waitFor(() => expect(timeline.getSnapshot().isCut).toBe(true));
    expect(load).toHaveBeenCalledTimes(20);
  });
});
