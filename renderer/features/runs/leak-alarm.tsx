import type { ManifestEntry } from "../../../preload/contract/environment.ts";
import { Notice } from "../../ui/notice.tsx";

/** Says which secrets an attempt printed. Their values are masked here; what else the program writes to has them. */
export function LeakAlarm({ manifest }: { readonly manifest: readonly ManifestEntry[] }) {
  const printed = manifest.flatMap(({ key, maskHits = 0 }) =>
    maskHits > 0 ? [`${key} (${timesText(maskHits)})`] : [],
  );
  if (printed.length === 0) return null;
  return (
    <Notice
      tone="doubtful"
      title={`Leak alarm: the process printed ${printed.length === 1 ? "the value of a secret" : `the values of ${printed.length} secrets`}: ${printed.join(", ")}.`}
      next="Find what prints it. It is masked in this log; where the output goes elsewhere too, rotate the secret."
    />
  );
}

/** How often, in words. */
export function timesText(count: number): string {
  return count === 1 ? "once" : `${count.toLocaleString("en")} times`;
}
