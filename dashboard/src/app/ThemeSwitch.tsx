/** Light, dark, or as the system has it. */

import clsx from "clsx";
import { ToggleGroup } from "radix-ui";
import { useSyncExternalStore } from "react";
import { Icon } from "@/components/Icon";
import type { IconName } from "@/components/Icon";
import { useApp } from "./context";
import { THEMES } from "./theme";
import type { Theme } from "./theme";

const LOOKS: Record<Theme, { name: string; icon: IconName }> = {
  system: { name: "As the system", icon: "screen" },
  light: { name: "Light", icon: "sun" },
  dark: { name: "Dark", icon: "moon" },
};

export function ThemeSwitch() {
  const { theme } = useApp();
  const chosen = useSyncExternalStore(theme.subscribe, theme.getSnapshot);
  const choose = (value: string): void => {
    const next = THEMES.find((name) => name === value);
    if (next) theme.choose(next);
  };
  return (
    <ToggleGroup.Root
      type="single"
      aria-label="Theme"
      value={chosen}
      onValueChange={choose}
      className="flex rounded-md border border-line bg-card p-0.5"
    >
      {THEMES.map((name) => (
        <ToggleGroup.Item
          key={name}
          value={name}
          aria-label={LOOKS[name].name}
          title={LOOKS[name].name}
          className={clsx(
            "grid size-6.5 cursor-pointer place-items-center rounded text-muted",
            "hover:text-ink data-[state=on]:bg-raised data-[state=on]:text-ink",
          )}
        >
          <Icon name={LOOKS[name].icon} className="size-3.5" />
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
