/** The drawings beside words: 16 units square, in the colour of the text. */

import clsx from "clsx";

const PATHS = {
  list: "M2.5 4h11M2.5 8h11M2.5 12h7",
  chart: "M2.5 13.5h11M4.5 11V8M8 11V3.5M11.5 11V6",
  music:
    "M6 12.2V3.5l7-1.5v8.7M6 12.2a1.8 1.8 0 1 1-3.6 0a1.8 1.8 0 0 1 3.6 0ZM13 10.7a1.8 1.8 0 1 1-3.6 0a1.8 1.8 0 0 1 3.6 0Z",
  sun: "M8 5a3 3 0 1 1 0 6a3 3 0 0 1 0-6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z",
  screen: "M2 3h12v8H2ZM5.5 13.5h5",
  person:
    "M8 2.5a2.8 2.8 0 1 1 0 5.6a2.8 2.8 0 0 1 0-5.6ZM2.8 14c.5-2.6 2.6-4 5.2-4s4.7 1.4 5.2 4",
  leave: "M6 2.5H3v11h3M7 8h7M11 5l3 3-3 3",
  check: "M3 8.5l3.2 3.2L13 4.8",
  cross: "M4 4l8 8M12 4l-8 8",
  clock: "M8 2a6 6 0 1 1 0 12a6 6 0 0 1 0-12ZM8 4.8V8l2.2 1.5",
  eye: "M1.5 8c1.5-3 3.8-4.5 6.5-4.5S13 5 14.5 8c-1.5 3-3.8 4.5-6.5 4.5S3 11 1.5 8ZM8 6a2 2 0 1 1 0 4a2 2 0 0 1 0-4Z",
  alert: "M8 2.2L14.5 13.5h-13ZM8 6.5V9.5M8 11.5v.2",
  info: "M8 2a6 6 0 1 1 0 12a6 6 0 0 1 0-12ZM8 7.3V11M8 5v.2",
  reload: "M13 4v3.2H9.8M13 7A5.3 5.3 0 1 0 13.3 9.5",
  question:
    "M8 2a6 6 0 1 1 0 12a6 6 0 0 1 0-12ZM6.3 6.3a1.7 1.7 0 1 1 2.5 1.5c-.6.3-.8.7-.8 1.2M8 11.2v.2",
  mail: "M2 3.5h12v9H2ZM2.3 4l5.7 4.5L13.7 4",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9ZM10.3 10.3L14 14",
} as const;

export type IconName = keyof typeof PATHS;

interface IconProps {
  name: IconName;
  className?: string;
}

/** Hidden from screen readers: a word stands beside it, or names its button. */
export function Icon({ name, className }: IconProps) {
  return (
    <svg
      viewBox="0 0 16 16"
      aria-hidden="true"
      className={clsx("size-4 shrink-0", className)}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
