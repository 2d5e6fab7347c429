import { useState } from "react";
import { ComboBox } from "../../../ui/field.tsx";
import { allZones, machineZone, zoneOptions } from "./zones.ts";

export interface ZonePickerProps {
  readonly zone: string;
  onChange(zone: string): void;
}

const ZONES = allZones();

/** One of the IANA zones, found by a part of its name; this machine's comes first. */
export function ZonePicker({ zone, onChange }: ZonePickerProps) {
  // What is being typed; null while the field shows what is chosen.
  const [typed, setTyped] = useState<string | null>(null);
  const options = zoneOptions(typed ?? "", ZONES, machineZone(), zone);
  return (
    <ComboBox
      name="zone"
      label="Time zone"
      options={options}
      value={zone}
      inputValue={typed ?? zone}
      allowsEmptyCollection
      menuTrigger="focus"
      disabledKeys={options.filter(({ disabled }) => disabled).map(({ id }) => id)}
      onInputChange={(next) => setTyped(next === zone ? null : next)}
      onOpenChange={(open) => {
        if (!open) setTyped(null);
      }}
      onBlur={() => setTyped(null)}
      onChange={(key) => {
        setTyped(null);
        if (typeof key === "string") onChange(key);
      }}
    />
  );
}
