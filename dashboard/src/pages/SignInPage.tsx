/** Sign in with an email address and a password. */

import { useState } from "react";
import type { SyntheticEvent } from "react";
import { Navigate, useLocation } from "react-router";
import { Splash } from "@/app/Splash";
import { ThemeSwitch } from "@/app/ThemeSwitch";
import { Wordmark } from "@/app/Wordmark";
import { useApp, useSession } from "@/app/context";
import { destinationOf } from "@/app/guards";
import { useDocumentTitle } from "@/app/titles";
import { Button } from "@/components/Button";
import { Field, controlStyle } from "@/components/Field";
import { isLocal } from "@/lib/isLocal";

interface Errors {
  email?: string;
  password?: string;
}

/** What is wrong with what was typed, before anybody is asked. */
function errorsOf(email: string, password: string): Errors {
  return {
    ...(!email.includes("@") && { email: "Enter your email address." }),
    ...(!password && { password: "Enter your password." }),
  };
}

export default function SignInPage() {
  const { session, config } = useApp();
  const { status } = useSession();
  const { state } = useLocation() as { state: unknown };
  const [errors, setErrors] = useState<Errors>({});
  const [isBusy, setBusy] = useState(false);
  useDocumentTitle("Sign in");

  const submit = async (event: SyntheticEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (isBusy) return;
    const form = event.currentTarget;
    const given = new FormData(form);
    const email = textOf(given, "email").trim();
    const password = textOf(given, "password");
    let found = errorsOf(email, password);
    setErrors(found);
    if (Object.keys(found).length === 0) {
      setBusy(true);
      const refusal = await session.signIn(email, password);
      // Once in, it stays busy until it is known who that is, and the page gives way.
      if (refusal === null) return;
      setBusy(false);
      found = { password: refusal };
      setErrors(found);
    }
    form
      .querySelector<HTMLInputElement>(found.email ? "[name=email]" : "[name=password]")
      ?.focus();
  };

  if (status === "in") return <Navigate to={destinationOf(state)} replace />;
  if (status === "loading" && !isBusy) return <Splash />;
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center justify-between">
          <Wordmark />
          <ThemeSwitch />
        </div>
        <form
          noValidate
          aria-labelledby="sign-in"
          onSubmit={(event) => void submit(event)}
          className="grid gap-4 rounded-xl border border-line bg-card p-6"
        >
          <h1 id="sign-in" className="text-lg font-semibold">
            Sign in
          </h1>
          <Field label="Email" error={errors.email}>
            <input
              name="email"
              type="email"
              autoComplete="username"
              className={controlStyle}
            />
          </Field>
          <Field label="Password" error={errors.password}>
            <input
              name="password"
              type="password"
              autoComplete="current-password"
              className={controlStyle}
            />
          </Field>
          <Button type="submit" variant="primary" busy={isBusy}>
            {isBusy ? "Signing in …" : "Sign in"}
          </Button>
        </form>
        {isLocal(config.supabaseUrl) && <StandInHint />}
      </div>
    </main>
  );
}

/** Only beside a Supabase on this machine: these people do not exist elsewhere. */
function StandInHint() {
  return (
    <p className="mt-4 text-center text-[0.8125rem] text-pretty text-muted">
      Local stand-in: <code>admin@melotech.test</code>, or <code>ada@</code>,{" "}
      <code>ben@</code>, <code>cleo@melotech.test</code>; the password is{" "}
      <code>melotech</code>.
    </p>
  );
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
