/** The pages and their addresses; each is fetched when it is first wanted. */

import { createBrowserRouter } from "react-router";
import type { RouteObject } from "react-router";
import { NoSuchPage, PageFailure, RouteFailure } from "./Failure";
import { Splash } from "./Splash";
import { AdminsOnly, SignedIn } from "./guards";
import { fetched } from "./parts";
import type { RouteHandle } from "./titles";

type Page = Promise<{ default: React.ComponentType }>;

const lazily = (page: () => Page) => async () => ({
  Component: (await fetched(page)).default,
});

const called = (title: string): RouteHandle => ({ title });

export const routes: RouteObject[] = [
  {
    errorElement: <RouteFailure />,
    HydrateFallback: Splash,
    children: [
      { path: "*", Component: NoSuchPage },
      { path: "/sign-in", lazy: lazily(() => import("@/pages/SignInPage")) },
      {
        Component: SignedIn,
        children: [
          {
            lazy: lazily(() => import("./Shell")),
            children: [
              {
                errorElement: <PageFailure />,
                Component: AdminsOnly,
                children: [
                  {
                    path: "/",
                    handle: called("Submissions"),
                    lazy: lazily(() => import("@/pages/AdminPage")),
                  },
                  {
                    path: "/insights",
                    handle: called("Insights"),
                    lazy: lazily(() => import("@/pages/InsightsPage")),
                  },
                ],
              },
              {
                path: "/artist",
                errorElement: <PageFailure />,
                handle: called("My tracks"),
                lazy: lazily(() => import("@/pages/ArtistPage")),
              },
            ],
          },
        ],
      },
    ],
  },
];

export const createRouter = () => createBrowserRouter(routes);
