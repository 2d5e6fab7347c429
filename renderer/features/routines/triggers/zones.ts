import type { Option } from "../../../ui/field.tsx";

/** The zone of the machine that shows the panel. */
export function machineZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** All IANA zones that the platform knows, by name; UTC is always one. */
export function allZones(): readonly string[] {
  return [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])].toSorted();
}

/** Zones that one search shows. */
const SHOWN = 60;

/**
 * The zones that have what was typed in their name, whatever the case, with blanks for underscores; the machine's first.
 * `chosen` is among them where nothing was typed, also when the platform lists it under another name.
 */
export function zoneOptions(typed: string, zones: readonly string[], machine: string, chosen: string): Option[] {
  const wanted = plain(typed);
  const names = [...new Set([machine, ...(wanted === "" ? [chosen, "UTC"] : []), ...zones])].filter(
    (name) => name !== "",
  );
  const found = names.filter((name) => plain(name).includes(wanted));
  const shown = found
    .slice(0, SHOWN)
    .map((name): Option =>
      name === machine ? { id: name, label: name, detail: "The zone of this machine" } : { id: name, label: name },
    );
  if (found.length <= SHOWN) return shown;
  return [...shown, { id: "more", label: "There are more", detail: "Type a part of the name", disabled: true }];
}

const plain = (text: string): string => text.trim().toLowerCase().replaceAll("_", " ");
