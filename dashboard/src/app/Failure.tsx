/** The page that stands when nothing else can. */

import { useEffect } from "react";
import type { ReactNode } from "react";
import { Link, useRouteError } from "react-router";
import { Button } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";
import { Icon } from "@/components/Icon";
import { ConfigError } from "@/lib/config";

function FailurePage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="grid min-h-dvh place-content-center">
      <EmptyState
        title={title}
        icon="alert"
        action={
          <Button onClick={() => window.location.reload()}>
            <Icon name="reload" />
            Reload
          </Button>
        }
      >
        {children}
      </EmptyState>
    </main>
  );
}

export function NoSuchPage() {
  return (
    <main className="grid min-h-dvh place-content-center">
      <EmptyState
        title="There is no such page"
        icon="question"
        action={
          <Link to="/" className="text-accent underline">
            Go to the start
          </Link>
        }
      >
        Check the address.
      </EmptyState>
    </main>
  );
}

/** What a route shows when a page of it breaks, or cannot be fetched. */
export function RouteFailure() {
  const error = useRouteError();
  useEffect(() => {
    console.error(error);
  }, [error]);
  return (
    <FailurePage title="Something went wrong">
      The page could not be shown. A new version may have been put in place: reload to get
      it. What was saved is not lost.
    </FailurePage>
  );
}

/** What stands instead of the pages where they could not be started. */
export function StartFailure({ error }: { error: unknown }) {
  if (!(error instanceof ConfigError))
    return <FailurePage title="The dashboard could not start">{String(error)}</FailurePage>;
  return (
    <FailurePage title="The dashboard is not set up yet">
      <p>
        Not set, neither in <code>/config.json</code> nor when this was built:
      </p>
      <ul className="mt-2">
        {error.missing.map((name) => (
          <li key={name}>
            <code className="font-semibold text-ink">{name}</code>
          </li>
        ))}
      </ul>
    </FailurePage>
  );
}
