/** The place of something that is being loaded. */

import clsx from "clsx";

interface SkeletonProps {
  /** Its size: `h-4 w-32`. */
  className?: string;
}

/** Hidden from screen readers: the region around it says that it is busy. */
export function Skeleton({ className }: SkeletonProps) {
  return (
    <span
      aria-hidden="true"
      className={clsx(
        "block animate-pulse rounded bg-raised motion-reduce:animate-none",
        className ?? "h-4 w-full",
      )}
    />
  );
}
