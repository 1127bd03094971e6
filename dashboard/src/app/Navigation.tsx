/** The ways between the pages: in the header, on phones at the bottom of the screen. */

import clsx from "clsx";
import { NavLink } from "react-router";
import { Icon } from "@/components/Icon";
import type { IconName } from "@/components/Icon";

interface Way {
  to: string;
  name: string;
  icon: IconName;
}

const OWN: Way = { to: "/artist", name: "My tracks", icon: "music" };
const ADMIN: Way[] = [
  { to: "/", name: "Submissions", icon: "list" },
  { to: "/insights", name: "Insights", icon: "chart" },
  OWN,
];

export function Navigation({ isAdmin }: { isAdmin: boolean }) {
  return (
    <nav
      aria-label="Pages"
      className={clsx(
        "fixed inset-x-0 bottom-0 z-30 flex h-14 border-t border-line bg-card",
        "sm:static sm:h-auto sm:gap-1 sm:border-0 sm:bg-transparent",
      )}
    >
      {(isAdmin ? ADMIN : [OWN]).map(({ to, name, icon }) => (
        <NavLink
          key={to}
          to={to}
          end
          className={({ isActive }) =>
            clsx(
              "flex flex-1 flex-col items-center justify-center gap-0.5 rounded-md text-[0.6875rem]",
              "font-medium -outline-offset-2 sm:h-8 sm:flex-none sm:flex-row sm:gap-1.5 sm:px-2.5",
              "sm:text-[0.8125rem]",
              isActive
                ? "text-accent sm:bg-raised sm:text-ink"
                : "text-muted hover:text-ink",
            )
          }
        >
          <Icon name={icon} />
          {name}
        </NavLink>
      ))}
    </nav>
  );
}
