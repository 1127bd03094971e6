/** What stands where there is nothing to show, or where it cannot be shown. */

import clsx from "clsx";
import type { ReactNode } from "react";
import { Icon } from "./Icon";
import type { IconName } from "./Icon";

interface EmptyStateProps {
  title: string;
  /** A sentence that says why, or what to do. */
  children?: ReactNode;
  icon?: IconName;
  /** A button. */
  action?: ReactNode;
  className?: string;
}

export function EmptyState({ title, children, icon, action, className }: EmptyStateProps) {
  return (
    <div
      className={clsx(
        "grid justify-items-center gap-2 px-6 py-16 text-center text-sm text-muted",
        className,
      )}
    >
      {icon && <Icon name={icon} className="mb-1 size-7" />}
      <p className="text-base font-semibold text-ink">{title}</p>
      {children && <div className="max-w-[48ch] text-pretty">{children}</div>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}
