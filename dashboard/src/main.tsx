/** Start the dashboard: theme first, then where the services are, then the pages. */

import { StrictMode } from "react";
import type { ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { StartFailure } from "./app/Failure";
import { Splash } from "./app/Splash";
import { AppProvider } from "./app/context";
import { fetched } from "./app/parts";
import { createRouter } from "./app/router";
import { createTheme } from "./app/theme";
import type { ThemeStore } from "./app/theme";
import { loadConfig } from "./lib/config";
import "./styles.css";

async function pages(theme: ThemeStore): Promise<ReactNode> {
  const [config, { createApp, createQueries }] = await Promise.all([
    loadConfig(),
    fetched(() => import("./app/createApp")),
  ]);
  const app = createApp(config, theme);
  return (
    <AppProvider app={app} queries={createQueries(app.session)}>
      <RouterProvider router={createRouter()} />
    </AppProvider>
  );
}

const element = document.getElementById("root");
if (element === null) throw new Error("index.html has no #root");
const root = createRoot(element);
const show = (content: ReactNode): void => root.render(<StrictMode>{content}</StrictMode>);
show(<Splash />);
pages(createTheme()).then(show, (error: unknown) => show(<StartFailure error={error} />));
