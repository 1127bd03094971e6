import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { Row } from "@/realtime/types";
import {
  ADMIN,
  ARTIST,
  expectAccessible,
  FakeGateway,
  renderPage,
  type Answers,
} from "../../tests/fakeGateway";
import ArtistPage from "./ArtistPage";

afterEach(() => vi.unstubAllGlobals());

const ROW: Row = {
  id: "s-1",
  userid: "a-1",
  title: "Night Drive",
  genre: "house",
  status: "in-review",
  rating: null,
  feedback: null,
  submitted_at: "2026-11-20T12:00:00+00:00",
  updated_at: "2026-11-23T12:00:00+00:00",
};
const HISTORY = [
  { id: "e1", time: "2026-11-20T12:00:00Z", event: "INSERT", stale: false, changes: [] },
  {
    id: "e2",
    time: "2026-11-21T12:00:00Z",
    event: "UPDATE",
    stale: false,
    changes: [{ field: "status", from: "pending", to: "in-review" }],
  },
];

const having =
  (...rows: Row[]): Answers =>
  (path) =>
    path.includes("/history")
      ? { submission_id: "s-1", items: HISTORY, next: null }
      : { as_of: "e2", items: rows, next: null };

const change = (fields: Row, more: Row = {}) => ({
  type: "submission_update",
  id: "e3",
  timestamp: "2026-11-23T12:05:00Z",
  data: {
    event: "UPDATE",
    submission_id: "s-1",
    title: "Night Drive",
    artist_id: "a-1",
    updated_fields: Object.keys(fields),
    new_data: { status: "in-review", rating: null, feedback: null, ...fields },
    old_data: {},
    version: "2026-11-23T12:05:00+00:00",
    timestamp: "2026-11-23T12:05:00Z",
    ...more,
  },
});

const track = (name: string) => screen.findByRole("article", { name });

test("artists see where their tracks stand, and what that means", async () => {
  const gateway = new FakeGateway(having(ROW));
  const { container } = renderPage(<ArtistPage />, ARTIST);

  const card = within(await track("Night Drive"));
  expect(card.getByText("In review")).toBeVisible();
  expect(card.getByText(/is listening to your track right now/)).toBeVisible();
  expect(gateway.rooms).toEqual(["/ws/artist/a-1"]);
  expect(gateway.asked).toEqual(["/api/submissions?limit=500"]);
  await expectAccessible(container);
});

test("a decision appears as it is made, glows, and is announced", async () => {
  const gateway = new FakeGateway(having(ROW));
  const { container } = renderPage(<ArtistPage />, ARTIST);
  const article = await track("Night Drive");
  await screen.findByText("Live Updates");
  expect(article).toHaveAttribute("data-fresh", "false");

  gateway.tell(change({ status: "approved", rating: 9, feedback: "<b>Lovely</b>" }));

  const card = within(article);
  expect(await card.findByText("Approved")).toBeVisible();
  expect(card.getByText("<b>Lovely</b>")).toBeVisible();
  expect(card.getByText("9 of 10")).toBeVisible();
  expect(card.getByText("New just now: status, rating, and feedback")).toBeVisible();
  expect(article).toHaveAttribute("data-fresh", "true");
  const said = "Night Drive: now approved, rated 9 of 10, there is new feedback.";
  expect(screen.getByText(said)).toHaveAttribute("aria-live", "polite");
  await expectAccessible(container);
});

test("a track that has just been sent appears, and one that was removed leaves", async () => {
  const gateway = new FakeGateway(having());
  renderPage(<ArtistPage />, ARTIST);
  expect(await screen.findByText("No tracks yet")).toBeVisible();
  await screen.findByText("Live Updates");

  gateway.tell(change(ROW, { event: "INSERT" }));
  expect(await track("Night Drive")).toBeVisible();

  const version = "2026-11-23T12:06:00+00:00";
  const gone = change({}, { event: "DELETE", new_data: {}, version });
  gateway.tell({ ...gone, id: "e4" });
  expect(await screen.findByText("No tracks yet")).toBeVisible();
});

test("what happened so far is told when asked for, the newest first", async () => {
  const gateway = new FakeGateway(having(ROW));
  renderPage(<ArtistPage />, ARTIST);
  const card = within(await track("Night Drive"));

  await userEvent.click(card.getByRole("button", { name: "What happened so far" }));

  await waitFor(() => expect(card.getAllByRole("listitem")).toHaveLength(2));
  const [first, second] = card.getAllByRole("listitem");
  expect(first).toHaveTextContent(/^In review/);
  expect(second).toHaveTextContent(/^Received/);
  expect(gateway.asked).toContain("/api/submissions/s-1/history?limit=500");
  expect(card.getByRole("button", { expanded: true })).toHaveFocus();
});

test("without a connection the tracks stay, and say how old they are", async () => {
  const gateway = new FakeGateway(having(ROW));
  const { container } = renderPage(<ArtistPage />, ARTIST);
  await screen.findByText("Live Updates");

  gateway.goDown();

  const age = await screen.findByText(/Last up to date:/);
  expect(age.querySelector("time")).not.toBeNull();
  expect(await track("Night Drive")).toBeVisible();
  await expectAccessible(container);
});

test("tracks that cannot be had are tried again when asked", async () => {
  const gateway = new FakeGateway(() => 503);
  const { container } = renderPage(<ArtistPage />, ARTIST);
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("Your tracks cannot be shown just now");
  await expectAccessible(container);

  gateway.answers = having(ROW);
  await userEvent.click(within(alert).getByRole("button", { name: "Try again" }));

  expect(await track("Night Drive")).toBeVisible();
});

test("admins are shown only what is theirs", async () => {
  const gateway = new FakeGateway(having());
  renderPage(<ArtistPage />, ADMIN);
  expect(await screen.findByText("No tracks yet")).toBeVisible();
  expect(gateway.asked).toEqual(["/api/submissions?limit=500&artist_id=u-admin"]);
});
