"""Every piece of code in the documents is at least sound in its own language."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import yaml

from tests.plugins.documents import blocks
from tests.plugins.node import DASHBOARD, need_node

LANGUAGES = {
    "bash", "caddyfile", "console", "dotenv", "http", "ini", "js", "json", "kotlin",
    "promql", "python", "sh", "sql", "swift", "text", "toml", "ts", "tsx", "yaml",
}  # fmt: skip
BRACKETS = {")": "(", "]": "[", "}": "{"}
#: What a snippet takes for granted.
GIVEN = """
import type { SupabaseClient } from "@supabase/supabase-js";
import type { Client } from "@melotech/realtime";
declare global {
  const createClient: typeof import("@melotech/realtime").createClient;
  const AppState: typeof import("react-native").AppState;
  const client: Client;
  const supabase: SupabaseClient;
  const token: string;
  const url: string;
  const getToken: () => Promise<string | null>;
  let lastEventId: string | null;
  function api(path: string, options?: RequestInit): Promise<Response>;
  function show(data: unknown): void;
}
"""
ELSEWHERE = """
declare module "react-native" {
  export const AppState: {
    addEventListener(
      kind: "change",
      listener: (state: "active" | "background" | "inactive") => void,
    ): { remove(): void };
  };
}
declare module "@react-native-async-storage/async-storage" {
  const storage: {
    getItem(key: string): Promise<string | null>;
    setItem(key: string, value: string): Promise<void>;
  };
  export default storage;
}
"""


def test_every_block_says_its_language():
    strange = [b for b in blocks() if b.language not in LANGUAGES]

    assert [str(block) for block in strange] == []


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python_compiles(block):
    compile(block.code, str(block), "exec")


@pytest.mark.parametrize("block", blocks("json", "yaml"), ids=str)
def test_json_and_yaml_parse(block):
    if block.language == "json":
        json.loads(block.code)
    else:
        list(yaml.safe_load_all(block.code))


@pytest.mark.parametrize("block", blocks("sql"), ids=str)
def test_sql_is_whole_statements(block):
    code = re.sub(r"--[^\n]*|'(?:[^']|'')*'", "", block.code)

    assert _unbalanced(code) == []
    assert code.strip().endswith(";")
    starts = [part.split()[0].lower() for part in code.split(";") if part.strip()]
    assert set(starts) <= {
        "alter", "begin", "commit", "create", "delete", "drop", "explain", "grant",
        "insert", "revoke", "rollback", "select", "set", "update", "vacuum", "with",
    }  # fmt: skip


@pytest.mark.parametrize("block", blocks("swift", "kotlin"), ids=str)
def test_sketches_close_what_they_open(block):
    code = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', block.code)

    assert _unbalanced(re.sub(r"//[^\n]*|/\*.*?\*/", "", code, flags=re.DOTALL)) == []


def test_typescript_of_the_guides_holds_against_the_client_and_the_hooks(tmp_path):
    need_node()
    for number, block in enumerate(blocks("ts", "tsx")):
        suffix = block.language
        # A hook that another snippet imports is found by its name.
        name = re.search(r"export function (use\w+)", block.code)
        stem = name[1] if name else f"snippet{number}"
        code = f"// {block}\nexport {{}};\n{block.code}"
        (tmp_path / f"{stem}.{suffix}").write_text(code)
    (tmp_path / "given.d.ts").write_text(GIVEN)
    (tmp_path / "elsewhere.d.ts").write_text(ELSEWHERE)
    (tmp_path / "node_modules").symlink_to(DASHBOARD / "node_modules")
    source = DASHBOARD / "src"
    paths = {
        "@/*": [f"{source}/*"],
        "@melotech/realtime": [f"{source}/realtime/index.ts"],
    }
    (tmp_path / "tsconfig.json").write_text(
        json.dumps(
            {
                "extends": str(DASHBOARD / "tsconfig.json"),
                "compilerOptions": {
                    "paths": paths,
                    "noUnusedLocals": False,
                    "typeRoots": [str(DASHBOARD / "node_modules" / "@types")],
                    "types": [str(DASHBOARD / "node_modules/vite/client"), "node"],
                    "incremental": False,
                },
                "include": ["*.ts", "*.tsx", "*.d.ts"],
            }
        )
    )
    done = subprocess.run(
        ["node", DASHBOARD / "node_modules/typescript/bin/tsc", "-p", tmp_path],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("block", blocks("js"), ids=str)
def test_javascript_parses(block, tmp_path):
    need_node()
    file = tmp_path / "snippet.mjs"
    file.write_text(block.code)

    done = subprocess.run(["node", "--check", file], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def _unbalanced(code):
    open_ones = []
    for each in code:
        if each in BRACKETS.values():
            open_ones.append(each)
        elif each in BRACKETS and (not open_ones or open_ones.pop() != BRACKETS[each]):
            return [each]
    return open_ones
