"""Notes in the browser's storage: stored, told, and told again when another window changes them."""

import json
from pathlib import Path

from test_bundle import run_script

SCRIPT = Path(__file__).parents[3] / "dashboard" / "components" / "browser_notes" / "browser_notes.js"
BROWSER = """
const kept = {"culture.note.b": "B", "elsewhere": "x"};
const storage = Object.assign(Object.create({
  setItem(name, text) { if (text.length > 9) throw new Error("full"); this[name] = text; },
  getItem(name) { return this[name]; },
}), kept);
const listeners = {};
globalThis.window = {
  localStorage: storage,
  addEventListener: (kind, listener) => { listeners[kind] = listener; },
  removeEventListener: () => {},
};
const said = [];
const page = {
  parentElement: {isConnected: true},
  setStateValue: (name, value) => said.push([name, value]),
  setTriggerValue: (name, value) => said.push([name, value]),
};
const run = (changes) => draw({...page, data: {changes}});
"""


def said(steps: str, tmp_path) -> list:
    script = SCRIPT.read_text().replace("export default ", "")
    return json.loads(run_script(f"{script}{BROWSER}{steps}\nconsole.log(JSON.stringify(said));", tmp_path))


def test_what_lies_there_is_told_once_and_other_entries_are_left_alone(tmp_path):
    assert said("run({}); run({});", tmp_path) == [["stored", ["B"]]]


def test_a_change_is_stored_and_told(tmp_path):
    assert said('run({}); run({"a": "A"}); run({"a": "A"});', tmp_path) == [
        ["stored", ["B"]],
        ["stored", ["A", "B"]],
    ]


def test_what_another_window_stores_is_told(tmp_path):
    steps = 'run({}); storage["culture.note.b"] = "C"; listeners.storage({key: "culture.note.b"});'
    assert said(f'{steps} listeners.storage({{key: "elsewhere"}});', tmp_path) == [
        ["stored", ["B"]],
        ["stored", ["C"]],
    ]


def test_a_storage_that_is_full_is_told(tmp_path):
    assert said('run({"a": "0123456789"});', tmp_path) == [["refused", True], ["stored", ["B"]]]
