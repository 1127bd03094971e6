/** What stands where a page, or a part of it, cannot. */

import { useEffect } from "react";
import type { ReactNode } from "react";
import { Link, useRouteError } from "react-router";
import { Button } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";
import { Icon } from "@/components/Icon";
import { ConfigError } from "@/lib/config";
import { useOnline } from "@/lib/hooks/useOnline";
import { meaningOf, PartMissing } from "./parts";

interface FailureProps {
  title: string;
  children: ReactNode;
}

function FailurePage(props: FailureProps) {
  return (
    <main className="grid min-h-dvh place-content-center">
      <Failure {...props} />
    </main>
  );
}

function Failure({ title, children }: FailureProps) {
  return (
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

const WRONG = "Something went wrong";

/** What a route shows when it breaks, or cannot be fetched. */
export function RouteFailure() {
  return <FailurePage title={WRONG}>{useMeaning(useRouteError())}</FailurePage>;
}

/** The same for a page: what stands around it stays. */
export function PageFailure() {
  return (
    <div role="alert" className="grid h-full place-content-center">
      <Failure title={WRONG}>{useMeaning(useRouteError())}</Failure>
    </div>
  );
}

/** The same for a part of a page. */
export function PartFailure({ error }: { error: unknown }) {
  return (
    <div role="alert">
      <Failure title="This part is missing">{useMeaning(error)}</Failure>
    </div>
  );
}

function useMeaning(error: unknown): string {
  useEffect(() => {
    console.error(error);
  }, [error]);
  return meaningOf(error, useOnline());
}

/** What stands instead of the pages where they could not be started. */
export function StartFailure({ error }: { error: unknown }) {
  if (!(error instanceof ConfigError))
    return (
      <FailurePage title="The dashboard could not start">
        {error instanceof PartMissing ? meaningOf(error, navigator.onLine) : String(error)}
      </FailurePage>
    );
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
