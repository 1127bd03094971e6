/** Where the services are: read once at start from /config.json, else from the build. */

export interface Config {
  /** Base address of the edge, without a slash at its end. */
  backendUrl: string;
  supabaseUrl: string;
  supabaseAnonKey: string;
  /** The storage bucket that `submissions.files` are paths in. */
  bucket: string;
}

export class ConfigError extends Error {
  override name = "ConfigError";

  constructor(readonly missing: readonly string[]) {
    super(`not set: ${missing.join(", ")}`);
  }
}

type Environment = Partial<Record<string, string>>;

export async function loadConfig(
  fetcher: typeof fetch = fetch,
  environment: Environment = import.meta.env,
): Promise<Config> {
  const served = await read(fetcher);
  return configOf(served, environment, window.location.origin);
}

/** What is served at run time goes before what was built in; the page's own origin last. */
export function configOf(served: Environment, built: Environment, origin: string): Config {
  const pick = (name: string): string => (served[name] || built[name] || "").trim();
  const config = {
    backendUrl: (pick("VITE_BACKEND_URL") || origin).replace(/\/+$/, ""),
    supabaseUrl: pick("VITE_SUPABASE_URL").replace(/\/+$/, ""),
    supabaseAnonKey: pick("VITE_SUPABASE_ANON_KEY"),
    bucket: pick("VITE_SUPABASE_BUCKET") || "submissions",
  };
  const missing = [
    !config.supabaseUrl && "VITE_SUPABASE_URL",
    !config.supabaseAnonKey && "VITE_SUPABASE_ANON_KEY",
  ].filter((name) => name !== false);
  if (missing.length > 0) throw new ConfigError(missing);
  return config;
}

/** The address of a socket: `admin`, or `artist/<id>`. */
export function socketUrl(config: Config, room: string): string {
  return `${config.backendUrl.replace(/^http/, "ws")}/ws/${room}`;
}

async function read(fetcher: typeof fetch): Promise<Environment> {
  try {
    const answer = await fetcher("/config.json", { cache: "no-store" });
    const isJson = answer.headers.get("content-type")?.includes("json");
    return answer.ok && isJson ? ((await answer.json()) as Environment) : {};
  } catch {
    return {};
  }
}
