import { act, render, screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import axe from "axe-core";
import { MemoryRouter, useLocation } from "react-router";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Row } from "@/realtime/types";
import type { SubmissionsStore } from "../contract";
import { deleteOf, insertOf, rowOf, updateOf } from "../fakes";
import { createSubmissionsStore } from "../store";
import { SubmissionsList } from "./SubmissionsList";

const HEIGHT = 520;

beforeEach(() => {
  // No layout here: every element is as large as a small screen.
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(HEIGHT);
  vi.spyOn(Element.prototype, "clientWidth", "get").mockReturnValue(1_280);
  HTMLElement.prototype.scrollTo = function (this: HTMLElement, to?: unknown) {
    this.scrollTop = (to as ScrollToOptions).top ?? 0;
    this.dispatchEvent(new Event("scroll"));
  };
  window.matchMedia = (media) =>
    ({
      media,
      matches: true,
      addEventListener: vi.fn(),
      removeEventListener: vi.fn(),
    }) as unknown as MediaQueryList;
});

function many(count: number): Row[] {
  const start = Date.parse("2026-11-23T12:00:00Z");
  return Array.from({ length: count }, (_, number) =>
    rowOf(`s${number}`, {
      title: `Track ${number}`,
      submitted_at: new Date(start - number * 60_000).toISOString(),
    }),
  );
}

function show(rows: Row[] | null, address = "/") {
  let tell: () => void = () => undefined;
  const store = createSubmissionsStore((next) => (tell = next));
  const handlers = {
    onOpen: vi.fn<(id: string) => void>(),
    onStatus: vi.fn<(id: string, status: string) => void>(),
    onUndo: vi.fn<() => void>(),
    onRetry: vi.fn<() => void>(),
  };
  if (rows) store.reset(rows, 1);
  render(
    <MemoryRouter initialEntries={[address]}>
      <SubmissionsList
        store={store}
        names={new Map([["artist", "Ada Løve"]])}
        openId={null}
        loaded={0}
        {...handlers}
      />
      <Address />
    </MemoryRouter>,
  );
  const change = (what: (store: SubmissionsStore) => void): void =>
    act(() => {
      what(store);
      tell();
    });
  return { store, change, ...handlers };
}

function Address() {
  return <span data-testid="address">{useLocation().search}</span>;
}

const grid = () => screen.getByRole("grid");
const row = (name: string) =>
  within(grid()).getByRole("row", { name: new RegExp(`^${name} `) });
const shownRows = () => within(grid()).getAllByRole("row").slice(1);
const titles = () => shownRows().map((one) => within(one).getByRole("button").textContent);
const scroller = () => within(grid()).getByRole("presentation");
const scrollTo = (top: number) => act(() => scroller().scrollTo({ top }));
const address = () => screen.getByTestId("address").textContent;

describe("rows", () => {
  test("of ten thousand only those in view are in the page", () => {
    show(many(10_000));
    expect(grid()).toHaveAttribute("aria-rowcount", "10001");
    expect(shownRows().length).toBeLessThan(40);
    expect(titles()[0]).toBe("Track 0");
    scrollTo(52 * 5_000);
    expect(row("Track 5000")).toHaveAttribute("aria-rowindex", "5002");
    expect(shownRows().length).toBeLessThan(40);
  });

  test("a change shows in place, and its cell glows for a while", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const { change } = show(many(3));
    change((store) => store.apply(updateOf("s1", 1, { status: "approved" }), Date.now()));
    const glowing = grid().querySelectorAll(".submission-glow");
    expect([...glowing].map((cell) => cell.textContent)).toEqual(["Approved"]);
    act(() => void vi.advanceTimersByTime(2_100));
    expect(grid().querySelectorAll(".submission-glow")).toHaveLength(0);
    expect(row("Track 1")).toHaveTextContent("Approved");
    vi.useRealTimers();
  });

  test("rows that leave and move above do not move what is read", () => {
    const { change } = show(many(200));
    scrollTo(52 * 100);
    change((store) => store.apply(deleteOf("s3", 9), 2));
    expect(scroller().scrollTop).toBe(52 * 99);
    change((store) => {
      store.apply(insertOf("new", 10, { submitted_at: "2027-01-01T00:00:00Z" }), 3);
      store.showNew();
    });
    expect(scroller().scrollTop).toBe(52 * 100);
  });

  test("titles are shown as text", () => {
    show([rowOf("a", { title: "<img src=x onerror=alert(1)>" })]);
    expect(titles()).toEqual(["<img src=x onerror=alert(1)>"]);
  });

  test("what became of the mail is said by a word", () => {
    const { change } = show(many(2));
    const mail = { submission_id: "s0", recipient: null, reason: null, timestamp: "" };
    change((store) => store.applyMail({ ...mail, outcome: "delivered" }));
    expect(row("Track 0")).toHaveTextContent("Mail delivered");
  });
});

describe("new rows", () => {
  test("are counted for who reads further down, and shown when asked for", async () => {
    const { change } = show(many(200));
    scrollTo(520);
    change((store) => {
      store.apply(insertOf("x", 1, { submitted_at: "2027-01-01T00:00:00Z" }), 2);
      store.apply(insertOf("y", 2, { submitted_at: "2027-01-02T00:00:00Z" }), 2);
    });
    expect(scroller().scrollTop).toBe(520);
    await userEvent.click(screen.getByRole("button", { name: /2 new submissions/ }));
    change(() => undefined);
    expect(scroller().scrollTop).toBe(0);
    expect(titles().slice(0, 2)).toEqual(["Track y", "Track x"]);
    expect(screen.queryByRole("button", { name: /new submission/ })).toBeNull();
  });

  test("appear by themselves for who is idle at the top", () => {
    const { change } = show(many(20));
    const submitted_at = "2027-01-01T00:00:00Z";
    change((store) => store.apply(insertOf("x", 1, { submitted_at }), 2));
    change(() => undefined);
    expect(titles()[0]).toBe("Track x");
  });

  test("wait while somebody is in the list with the keyboard", () => {
    const { change } = show(many(20));
    act(() => grid().focus());
    change((store) => store.apply(insertOf("x", 1), 2));
    expect(screen.getByRole("button", { name: /1 new submission/ })).toBeVisible();
  });
});

describe("keys", () => {
  test("move, open, and set the status of the selected row", async () => {
    const { onOpen, onStatus, onUndo } = show(many(30));
    await userEvent.keyboard("jjk{ArrowDown}");
    expect(grid()).toHaveFocus();
    const selected = row("Track 1");
    expect(selected).toHaveAttribute("aria-selected", "true");
    expect(grid()).toHaveAttribute("aria-activedescendant", selected.id);
    await userEvent.keyboard("a");
    expect(onStatus).toHaveBeenCalledWith("s1", "approved");
    await userEvent.keyboard("u");
    expect(onUndo).toHaveBeenCalledOnce();
    await userEvent.keyboard("{Enter}");
    expect(onOpen).toHaveBeenCalledWith("s1");
  });

  test("the selection stays at its row when others move, and leaves with it", async () => {
    const { change } = show(many(30));
    await userEvent.keyboard("jjj");
    change((store) => store.apply(deleteOf("s0", 1), 2));
    expect(row("Track 2")).toHaveAttribute("aria-selected", "true");
    change((store) => store.apply(deleteOf("s2", 2), 2));
    expect(grid()).not.toHaveAttribute("aria-activedescendant");
  });

  test("are letters in the search", async () => {
    const { onStatus } = show(many(3));
    await userEvent.keyboard("j/");
    expect(screen.getByRole("searchbox")).toHaveFocus();
    await userEvent.keyboard("a/j");
    expect(screen.getByRole("searchbox")).toHaveValue("a/j");
    expect(onStatus).not.toHaveBeenCalled();
  });

  test("are explained on demand", async () => {
    show(many(3));
    await userEvent.keyboard("?");
    expect(screen.getByRole("dialog", { name: "Keys" })).toBeVisible();
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});

describe("the address", () => {
  test("says what is shown", () => {
    const rows = [
      rowOf("a", { status: "approved" }),
      rowOf("b"),
      rowOf("c", { rating: 9 }),
    ];
    show(rows, "/?status=pending&rating=8");
    expect(titles()).toEqual(["Track c"]);
  });

  test("follows search, filters and sort, and keeps what is not the list's", async () => {
    show([rowOf("a", { status: "approved" }), rowOf("b")], "/?id=b");
    await userEvent.type(screen.getByRole("searchbox"), "track");
    await userEvent.click(screen.getByRole("button", { name: "Approved 1" }));
    await userEvent.selectOptions(
      screen.getByRole("combobox", { name: "Genre" }),
      "techno",
    );
    await userEvent.click(screen.getByRole("button", { name: "Title" }));
    await vi.waitFor(() =>
      expect(address()).toBe("?id=b&q=track&status=approved&genre=techno&sort=title"),
    );
    expect(titles()).toEqual(["Track a"]);
    const sorted = screen.getByRole("columnheader", { name: /Title/ });
    expect(sorted).toHaveAttribute("aria-sort", "ascending");
    await userEvent.click(screen.getByRole("button", { name: "Clear filters" }));
    expect(address()).toBe("?id=b&sort=title");
    expect(screen.getByRole("searchbox")).toHaveValue("");
  });
});

describe("without rows", () => {
  test("it says that it loads, then what there is", () => {
    const { change } = show(null);
    expect(screen.getByRole("status")).toHaveTextContent("Loading");
    change((store) => store.reset([], 1));
    expect(screen.getByText("No submissions yet")).toBeVisible();
  });

  test("a failure can be tried again", async () => {
    const { change, onRetry } = show(null);
    change((store) => store.fail());
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(onRetry).toHaveBeenCalledOnce();
  });

  test("a search that finds nothing says so", () => {
    show(many(3), "/?q=nowhere");
    expect(screen.getByText("Nothing matches")).toBeVisible();
  });
});

test("axe finds nothing wrong with it", async () => {
  show(many(5));
  const rules = { "color-contrast": { enabled: false }, region: { enabled: false } };
  const { violations } = await axe.run(document.body, { rules });
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual(
    [],
  );
});
