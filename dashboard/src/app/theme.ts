/** Light or dark: as the system has it, or as the viewer chose, which is remembered. */

import { createListeners } from "@/lib/listeners";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export interface ThemeStore {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => Theme;
  choose: (theme: Theme) => void;
}

const KEY = "melotech-theme";

export function createTheme(
  root: HTMLElement = document.documentElement,
  prefersDark: MediaQueryList = window.matchMedia("(prefers-color-scheme: dark)"),
  storage: () => Storage = () => window.localStorage,
): ThemeStore {
  const { subscribe, notify } = createListeners();
  let theme = remembered(storage);
  const paint = (): void => {
    root.dataset.theme = schemeOf(theme, prefersDark.matches);
  };
  prefersDark.addEventListener("change", paint);
  paint();
  return {
    subscribe,
    getSnapshot: () => theme,
    choose(chosen) {
      theme = chosen;
      remember(storage, chosen);
      paint();
      notify();
    },
  };
}

export function schemeOf(theme: Theme, systemIsDark: boolean): "light" | "dark" {
  if (theme !== "system") return theme;
  return systemIsDark ? "dark" : "light";
}

// Storage may be forbidden: the choice then holds until the page is closed.
function remembered(storage: () => Storage): Theme {
  try {
    const stored = storage().getItem(KEY);
    return THEMES.find((theme) => theme === stored) ?? "system";
  } catch {
    return "system";
  }
}

function remember(storage: () => Storage, theme: Theme): void {
  try {
    storage().setItem(KEY, theme);
  } catch {
    return;
  }
}
