/** What a refused sign-in is called on the page. */

export interface SignInError {
  code?: string | undefined;
  status?: number | undefined;
  message: string;
}

const SENTENCES = {
  invalid_credentials: "No account has this email address and password.",
  email_not_confirmed: "Confirm your email address first: the link is in your inbox.",
  user_banned: "This account has been suspended.",
  over_request_rate_limit: "Too many attempts. Wait a minute, then try again.",
  validation_failed: "That is not an email address and a password.",
};

const isKnown = (code: string): code is keyof typeof SENTENCES =>
  Object.hasOwn(SENTENCES, code);

const UNREACHABLE =
  "The sign-in service cannot be reached. Check your connection, then try again.";

export function sentenceOf({ code, status, message }: SignInError): string {
  if (code !== undefined && isKnown(code)) return SENTENCES[code];
  if (status === 429) return SENTENCES.over_request_rate_limit;
  if (/invalid login credentials/i.test(message)) return SENTENCES.invalid_credentials;
  if (!status || status >= 500) return UNREACHABLE;
  return `Signing in was refused: ${message}`;
}
