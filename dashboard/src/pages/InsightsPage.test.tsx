import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { Stats } from "@/features/insights/stats";
import { ADMIN, expectAccessible, FakeGateway, renderPage } from "../../tests/fakeGateway";
import InsightsPage from "./InsightsPage";

afterEach(() => vi.unstubAllGlobals());

const NO_TIMES = { count: 0, median_seconds: null, p90_seconds: null };
const QUIET: Stats = {
  as_of: null,
  changes_per_minute: [
    { minute: "2026-11-23T12:01Z", changes: 0 },
    { minute: "2026-11-23T12:02Z", changes: 0 },
  ],
  by_status: {},
  time_to_first_review: NO_TIMES,
  time_to_decision: NO_TIMES,
  mails: { accepted: 0, delivered: 0, delayed: 0, failed: 0, opened: 0 },
  connections: { now: { admin: 0, artist: 0 }, over_time: [] },
};
const BUSY: Stats = {
  ...QUIET,
  as_of: "e1",
  changes_per_minute: [
    { minute: "2026-11-23T12:01Z", changes: 41 },
    { minute: "2026-11-23T12:02Z", changes: 1 },
  ],
  by_status: { pending: 12, approved: 3, "on-hold": 1 },
  time_to_first_review: { count: 9, median_seconds: 61.5, p90_seconds: 7_500 },
  mails: { accepted: 8, delivered: 6, delayed: 1, failed: 0, opened: 0 },
  connections: {
    now: { admin: 2, artist: 5 },
    over_time: [{ minute: "2026-11-23T12:01Z", connections: 9 }],
  },
};

const APPROVAL = {
  type: "submission_update",
  id: "e2",
  timestamp: "2026-11-23T12:02:31Z",
  data: {
    event: "UPDATE",
    submission_id: "s",
    title: "Night Drive",
    artist_id: "a",
    updated_fields: ["status"],
    new_data: { status: "approved", rating: 9, feedback: null },
    old_data: { status: "pending" },
    version: "2",
    timestamp: "2026-11-23T12:02:30Z",
  },
};

/** A gateway that counts who is connected to it. */
const counting = (): FakeGateway => {
  const gateway: FakeGateway = new FakeGateway(() => ({
    ...BUSY,
    connections: { now: { admin: gateway.connected, artist: 0 }, over_time: [] },
  }));
  return gateway;
};

const connectedNow = (count: number) =>
  waitFor(() =>
    expect(screen.getByText("Connected now").nextSibling).toHaveTextContent(
      new RegExp(`^${count}$`),
    ),
  );

const numberOf = (table: string, row: string): string | null => {
  const rows = within(screen.getByRole("table", { name: table }));
  return within(rows.getByRole("row", { name: new RegExp(`^${row}`) })).getByRole("cell")
    .textContent;
};

test("the figures are shown as words and numbers", async () => {
  new FakeGateway(() => BUSY);
  const { container } = renderPage(<InsightsPage />, ADMIN);

  expect(
    await screen.findByText(/^42 changes in the last hour, most \(41\)/),
  ).toBeVisible();
  expect(numberOf("Submissions by status", "Approved")).toBe("3");
  expect(numberOf("Submissions by status", "On hold")).toBe("1");
  expect(numberOf("Mails by outcome", "Delayed")).toBe("1");
  expect(screen.queryByText("Opened")).not.toBeInTheDocument();
  expect(
    screen.getByRole("row", { name: /^To first review 1 min 2 sec 2 hr 5 min 9/ }),
  ).toBeVisible();
  expect(screen.getByText("At most 9 at once in the last hour.")).toBeVisible();
  // What draws them is fetched apart.
  expect(await screen.findByRole("table", { name: /^Changes/ })).toBeInTheDocument();
  await expectAccessible(container);
});

test("the page counts among the connected as soon as it is", async () => {
  counting();
  renderPage(<InsightsPage />, ADMIN);
  await connectedNow(1);
});

test("figures that were asked for before the page was connected are asked for anew", async () => {
  const gateway: FakeGateway = new FakeGateway(() =>
    gateway.connected > 0 ? BUSY : new Promise(() => undefined),
  );
  renderPage(<InsightsPage />, ADMIN);
  expect(await screen.findByText(/^42 changes/)).toBeVisible();
});

test("an update of the socket moves the figures at once", async () => {
  const gateway = counting();
  renderPage(<InsightsPage />, ADMIN);
  // What was asked for as it connected has come, and takes nothing back any more.
  await connectedNow(1);

  gateway.tell(APPROVAL);

  expect(await screen.findByText(/^43 changes/)).toBeVisible();
  expect(numberOf("Submissions by status", "Approved")).toBe("4");
  expect(numberOf("Submissions by status", "Pending")).toBe("11");
  expect(gateway.rooms).toEqual(["/ws/admin"]);
  expect(new Set(gateway.asked)).toEqual(new Set(["/api/stats?minutes=60"]));
});

test("what became of a mail is counted at once", async () => {
  const gateway = counting();
  renderPage(<InsightsPage />, ADMIN);
  await connectedNow(1);

  const data = { submission_id: "s", outcome: "delivered", recipient: "a***@example.com" };
  const timestamp = "2026-11-23T12:02:30Z";
  gateway.tell({
    type: "email_update",
    id: "m1",
    timestamp,
    data: { ...data, reason: null, timestamp },
  });

  await waitFor(() => expect(numberOf("Mails by outcome", "Delivered")).toBe("7"));
});

test("a day is asked for by a button, and remembered in the address", async () => {
  const gateway = new FakeGateway(() => BUSY);
  renderPage(<InsightsPage />, ADMIN);
  await userEvent.click(await screen.findByRole("radio", { name: "Last 24 h" }));

  expect(await screen.findByText(/^42 changes in the last 24 hours/)).toBeVisible();
  expect(screen.getByRole("radio", { name: "Last 24 h" })).toBeChecked();
  expect(gateway.asked).toContain("/api/stats?minutes=1440");
});

test("the address says which span", async () => {
  const gateway = new FakeGateway(() => BUSY);
  renderPage(<InsightsPage />, ADMIN, "/insights?span=day");
  expect(await screen.findByText(/in the last 24 hours, most/)).toBeVisible();
  expect(new Set(gateway.asked)).toEqual(new Set(["/api/stats?minutes=1440"]));
});

test("a quiet hour is told in words", async () => {
  new FakeGateway(() => QUIET);
  const { container } = renderPage(<InsightsPage />, ADMIN);
  expect(screen.getByRole("status", { name: "Loading the figures" })).toBeInTheDocument();

  expect(await screen.findByText("No changes in the last hour.")).toBeVisible();
  expect(screen.getByText("No mails in the last hour.")).toBeVisible();
  expect(screen.getByText("The count begins with the next minute.")).toBeVisible();
  await expectAccessible(container);
});

test("a failure is told, and tried again when asked", async () => {
  const gateway = new FakeGateway(() => 503);
  const { container } = renderPage(<InsightsPage />, ADMIN);
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("The change log is away.");
  await expectAccessible(container);

  gateway.answers = () => BUSY;
  await userEvent.click(within(alert).getByRole("button", { name: "Try again" }));

  expect(await screen.findByText(/^42 changes/)).toBeVisible();
  expect(screen.queryByRole("alert")).not.toBeInTheDocument();
});
