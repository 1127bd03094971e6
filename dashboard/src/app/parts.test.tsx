import { render, screen } from "@testing-library/react";
import { lazy } from "react";
import { RouterProvider, createMemoryRouter } from "react-router";
import { beforeEach, expect, it, vi } from "vitest";
import { PageFailure } from "./Failure";
import { Part } from "./Part";
import { fetched, meaningOf, PartMissing } from "./parts";

const gone = () => fetched(() => Promise.reject(new TypeError("Failed to fetch")));

interface Fetched {
  default: () => string;
}

beforeEach(() => void vi.spyOn(console, "error").mockReturnValue());

it.each<[Error, boolean, RegExp]>([
  [new PartMissing("x"), true, /new version may have been put in place/],
  [new PartMissing("x"), false, /without a connection/],
  [new Error("x"), true, /could not be shown/],
])("tells of %o, online: %s", (error, isOnline, words) => {
  expect(meaningOf(error, isOnline)).toMatch(words);
});

it("shows that a part is on its way, then the part", async () => {
  let come: (part: Fetched) => void = () => undefined;
  const Wanted = lazy(() => new Promise<Fetched>((resolve) => (come = resolve)));
  render(
    <Part waiting="Waiting">
      <Wanted />
    </Part>,
  );
  expect(screen.getByText("Waiting")).toBeVisible();
  come({ default: () => "Here" });
  expect(await screen.findByText("Here")).toBeVisible();
});

it("offers to reload where a part has gone, and leaves the rest as it is", async () => {
  const Gone = lazy(gone);
  render(
    <>
      <p>The rest</p>
      <Part waiting="Waiting" frame={(content) => <aside>{content}</aside>}>
        <Gone />
      </Part>
    </>,
  );
  expect(await screen.findByRole("button", { name: "Reload" })).toBeVisible();
  expect(screen.getByRole("alert")).toHaveTextContent(/new version/);
  expect(screen.getByRole("complementary")).toContainElement(screen.getByRole("alert"));
  expect(screen.getByText("The rest")).toBeVisible();
});

const HydrateFallback = () => null;

it("offers to reload where a page has gone", async () => {
  const routes = [
    { path: "/", errorElement: <PageFailure />, lazy: gone, HydrateFallback },
  ];
  render(<RouterProvider router={createMemoryRouter(routes)} />);
  expect(await screen.findByRole("button", { name: "Reload" })).toBeVisible();
  expect(screen.getByRole("alert")).toHaveTextContent(/new version/);
});
