// What the dashboard asks of Supabase, asked with Supabase's own client. Prints JSON.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.DASHBOARD}/package.json`);
const { createClient } = require("@supabase/supabase-js");

const [url, key] = process.argv.slice(2);
const password = "melotech";

function client() {
  return createClient(url, key, {
    auth: { autoRefreshToken: false, persistSession: true, storage: memory() },
    // Node 20 has no WebSocket, and nothing here opens one.
    realtime: { transport: class {} },
  });
}

function memory() {
  const kept = new Map();
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  };
}

async function signedIn(name) {
  const made = client();
  const { data, error } = await made.auth.signInWithPassword({
    email: `${name}@melotech.test`,
    password,
  });
  if (error) throw error;
  return { made, session: data.session, user: data.user };
}

const told = {};
const { made: admin, user } = await signedIn("admin");

const wrong = await client().auth.signInWithPassword({
  email: "admin@melotech.test",
  password: "no",
});
told.wrongPassword = wrong.error?.code;

told.session = (await admin.auth.getSession()).data.session.user.id === user.id;
told.role = (await admin.auth.getUser()).data.user.app_metadata.role;

const row = await admin.from("users").select().eq("authid", user.id).maybeSingle();
told.person = [row.data.name, row.data.is_admin];
const nobody = "00000000-0000-4000-8000-000000000000";
const none = await admin.from("users").select().eq("authid", nobody).maybeSingle();
told.nobody = [none.data, none.error];

const all = await admin.from("submissions").select().order("submitted_at");
const [track] = all.data;
const changed = await admin
  .from("submissions")
  .update({ rating: 7, feedback: "Gut!" })
  .eq("id", track.id)
  .select()
  .single();
told.changed = [changed.data.rating, changed.data.feedback];
const lost = await admin
  .from("submissions")
  .update({ rating: 7 })
  .eq("id", nobody)
  .select()
  .single();
told.lost = lost.error.code;

const files = admin.storage.from("submissions");
const signed = await files.createSignedUrl(track.files[0], 60);
const heard = await fetch(signed.data.signedUrl, { headers: { Range: "bytes=0-3" } });
told.heard = [heard.status, await heard.text(), heard.headers.get("content-type")];
told.unheard = (await files.createSignedUrl("no/such.wav", 60)).error.message;

const { made: ada } = await signedIn("ada");
const own = await ada.from("submissions").select();
told.own = own.data.every((each) => each.files[0].startsWith("ada/"));
const foreign = all.data.find((each) => !each.files[0].startsWith("ada/"));
const hers = ada.storage.from("submissions");
told.ownFile = (await hers.createSignedUrl(own.data[0].files[0], 60)).error;
told.foreignFile = (await hers.createSignedUrl(foreign.files[0], 60)).error.message;
const refused = await ada
  .from("submissions")
  .update({ status: "approved" })
  .eq("id", own.data[0].id)
  .select()
  .single();
told.refused = refused.error.code;

const again = await admin.auth.refreshSession();
told.refreshed = again.error === null && again.data.session !== null;

// Signing out here must leave the other window alone; signing out everywhere must not.
const { made: here } = await signedIn("ben");
const { made: there } = await signedIn("ben");
const { made: elsewhere } = await signedIn("ben");
told.local = (await here.auth.signOut({ scope: "local" })).error;
told.otherWindow = (await there.auth.refreshSession()).error;
told.global = (await there.auth.signOut()).error;
told.everywhere = (await elsewhere.auth.refreshSession()).error?.code;
told.after = (await here.auth.getSession()).data.session;

console.log(JSON.stringify(told));
