import { act, configure, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { StrictMode } from "react";
import { RouterProvider, createMemoryRouter } from "react-router";
import { beforeEach, expect, it, vi } from "vitest";
import { ADMIN, CONFIG, InApp, fakeApp, fakeSession } from "../../tests/fakes";
import { ConfigError } from "@/lib/config";
import type { App } from "./context";
import { RouteFailure, StartFailure } from "./Failure";
import { routes } from "./router";

vi.mock("@/pages/AdminPage", () => ({ default: () => <h1>All submissions</h1> }));
vi.mock("@/pages/InsightsPage", () => ({ default: () => <h1>Numbers</h1> }));
vi.mock("@/pages/ArtistPage", () => ({ default: () => <h1>Own tracks</h1> }));

// Pages are fetched when they are wanted, on a machine that has more to do.
configure({ asyncUtilTimeout: 10_000 });

const ARTIST = { ...ADMIN, email: "ada@melotech.test", isAdmin: false };
const OUT = { status: "out" } as const;

beforeEach(() => {
  // Both are lacking in jsdom.
  Element.prototype.hasPointerCapture = () => false;
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe = () => undefined;
      unobserve = () => undefined;
      disconnect = () => undefined;
    },
  );
});

function open(path: string, session = fakeSession(ADMIN), parts: Partial<App> = {}) {
  const app = fakeApp({ session, ...parts });
  const router = createMemoryRouter(routes, { initialEntries: [path] });
  const view = render(
    <StrictMode>
      <InApp app={app}>
        <RouterProvider router={router} />
      </InApp>
    </StrictMode>,
  );
  return { app, router, session, ...view };
}

const heading = (name: string) => screen.findByRole("heading", { name });

async function violations(element: Element): Promise<string[]> {
  // jsdom lays nothing out: colours are looked at in a real browser.
  const rules = { "color-contrast": { enabled: false } };
  const found = await axe.run(element, { rules });
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
}

it("shows admins the submissions, and every way", async () => {
  const { container } = open("/");
  await heading("All submissions");
  const ways = within(screen.getByRole("navigation", { name: "Pages" }));
  expect(ways.getAllByRole("link").map((link) => link.textContent)).toEqual([
    "Submissions",
    "Insights",
    "My tracks",
  ]);
  expect(document.title).toBe("Submissions · MeloTech");
  expect(await violations(container)).toEqual([]);
});

it.each(["/", "/insights"])("leads artists from %s to their own tracks", async (path) => {
  const { router } = open(path, fakeSession(ARTIST));
  await heading("Own tracks");
  expect(router.state.location.pathname).toBe("/artist");
  expect(screen.queryByRole("link", { name: "Insights" })).toBeNull();
});

it("asks who is out to sign in, and leads on to where one wanted to go", async () => {
  const { router, session } = open("/insights?minutes=60", fakeSession(OUT));
  await heading("Sign in");
  act(() => session.become(ADMIN));
  await heading("Numbers");
  expect(router.state.location).toMatchObject({
    pathname: "/insights",
    search: "?minutes=60",
  });
});

it("waits while it is not known who is there", async () => {
  const { session } = open("/", fakeSession());
  // The page's own file is waited for first, in the same words.
  await waitFor(() => expect(screen.getByText("Loading …")).toBeVisible());
  act(() => session.become(ADMIN));
  await heading("All submissions");
});

it("signs out from the account menu", async () => {
  open("/");
  await userEvent.click(await screen.findByRole("button", { name: "Account" }));
  expect(screen.getByText("admin@melotech.test")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
  await heading("Sign in");
});

it("shows toasts, and takes them away at a press", async () => {
  const { app } = open("/");
  await heading("All submissions");
  act(() => app.toasts.show({ title: "Saved", description: "<b>as text</b>" }));
  const notice = await screen.findByRole("listitem");
  expect(within(notice).getByText("<b>as text</b>")).toBeVisible();
  await userEvent.click(within(notice).getByRole("button", { name: "Dismiss" }));
  expect(screen.queryByText("Saved")).toBeNull();
});

it("says beside the field why signing in was refused", async () => {
  const session = fakeSession(OUT);
  const signIn = vi.fn(() => Promise.resolve("No account has this password."));
  const { container } = open("/sign-in", { ...session, signIn });
  await heading("Sign in");
  const button = screen.getByRole("button", { name: "Sign in" });
  await userEvent.click(button);
  expect(screen.getByLabelText("Email")).toHaveAccessibleDescription(
    "Enter your email address.",
  );
  expect(screen.getByLabelText("Email")).toHaveFocus();
  expect(signIn).not.toHaveBeenCalled();
  await userEvent.type(screen.getByLabelText("Email"), " ada@melotech.test ");
  await userEvent.type(screen.getByLabelText("Password"), "wrong{Enter}");
  expect(signIn.mock.calls).toEqual([["ada@melotech.test", "wrong"]]);
  const password = screen.getByLabelText("Password");
  expect(password).toHaveAccessibleDescription("No account has this password.");
  expect(password).toHaveFocus();
  expect(await violations(container)).toEqual([]);
});

it("is busy from the press until it is known who that is", async () => {
  const session = fakeSession(OUT);
  const signIn = vi.fn(() => Promise.resolve(null));
  open("/sign-in", { ...session, signIn });
  await heading("Sign in");
  await userEvent.type(screen.getByLabelText("Email"), "ada@melotech.test");
  await userEvent.type(screen.getByLabelText("Password"), "melotech{Enter}{Enter}");
  act(() => session.become({ status: "loading" }));
  expect(screen.getByRole("button", { name: "Signing in …" })).toHaveAttribute("aria-busy");
  expect(signIn).toHaveBeenCalledTimes(1);
  act(() => session.become(ARTIST));
  await heading("Own tracks");
});

it.each([
  ["http://localhost:54321", 1],
  ["https://project.supabase.co", 0],
])("tells the stand-in's logins beside %s: %d", async (supabaseUrl, count) => {
  open("/sign-in", fakeSession(OUT), { config: { ...CONFIG, supabaseUrl } });
  await heading("Sign in");
  expect(screen.queryAllByText(/Local stand-in/)).toHaveLength(count);
});

it("says that there is no such page", async () => {
  open("/nowhere");
  expect(await screen.findByText("There is no such page")).toBeVisible();
  expect(screen.getByRole("link", { name: "Go to the start" })).toHaveAttribute(
    "href",
    "/",
  );
});

it("offers to reload where a page breaks", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  const breaking = [{ path: "/", errorElement: <RouteFailure />, Component: Breaking }];
  render(<RouterProvider router={createMemoryRouter(breaking)} />);
  expect(await screen.findByRole("button", { name: "Reload" })).toBeVisible();
});

function Breaking(): never {
  throw new Error("broken");
}

it("names the variable without which it cannot start", () => {
  render(<StartFailure error={new ConfigError(["VITE_SUPABASE_URL"])} />);
  expect(screen.getByText("VITE_SUPABASE_URL")).toBeVisible();
});
