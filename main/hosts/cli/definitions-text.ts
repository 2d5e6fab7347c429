import type { DefinitionRow, DefinitionsImport } from "../../../preload/contract/definitions.ts";
import type { Output } from "./output.ts";
import { diffText } from "./routine-text.ts";
import { oneLine } from "./text.ts";

/** What importing routines does or did: each with why, and with what changes of it. */
export function definitionsText({ applied, rows, left, notes }: DefinitionsImport, output: Output): string {
  if (rows.length === 0 && left.length === 0) return "The file holds no routine.\n";
  const count = (wanted: DefinitionRow["outcome"]) => rows.filter(({ outcome }) => outcome === wanted).length;
  const words = (["added", "changed", "unchanged", "refused"] as const)
    .filter((outcome) => count(outcome) > 0)
    .map((outcome) => `${count(outcome)} ${outcome}`)
    .join(", ");
  const waits = !applied && count("added") + count("changed") > 0;
  const head = applied
    ? `Imported: ${words}.\n`
    : `${output.hint(`Nothing was changed yet: ${words}.${waits ? " Add --apply to do it." : ""}`)}\n`;
  const missed = left.map(({ line, why }) => `${output.colours.dim(`- left (line ${line})`)}  ${oneLine(why)}\n`);
  return [
    ...rows.map((row) => rowText(row, output)),
    ...missed,
    ...notes.map((note) => `${oneLine(note)}\n`),
    head,
  ].join("");
}

function rowText({ title, line, outcome, diff, reasons, notes }: DefinitionRow, output: Output): string {
  const { colours } = output;
  const paint = { added: colours.green, changed: colours.yellow, unchanged: colours.dim, refused: colours.red }[
    outcome
  ];
  const mark = { added: "+", changed: "~", unchanged: "=", refused: "✕" }[outcome];
  const place = line === null ? "" : colours.dim(` (line ${line})`);
  const sentences = [...reasons, ...notes].map((sentence) => `    ${output.hint(sentence)}\n`);
  const changes = diff === null ? [] : diffText(diff, output).trimEnd().split("\n").slice(1);
  return [
    `${paint(`${mark} ${outcome}`)}  ${oneLine(title)}${place}\n`,
    ...sentences,
    ...changes.map((text) => `    ${text}\n`),
  ].join("");
}
