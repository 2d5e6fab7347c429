import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useQueries } from "../../data/panel-context.tsx";
import { bytesText } from "../../ui/time-text.ts";

/** What these settings would remove of the logs that there are. Nothing for settings that nobody could save. */
export function RetentionPreview({ days, totalBytes }: { readonly days: number; readonly totalBytes: number }) {
  const isPossible = Number.isInteger(days) && days >= 0 && days <= 36_500 && totalBytes >= 0;
  const input = { days, totalBytes };
  const { data } = useQuery({
    ...useQueries().runs.logRetention.queryOptions({ input }),
    enabled: isPossible,
    placeholderData: keepPreviousData,
  });
  if (!isPossible || data === undefined) return <p className="quiet">Whether that removes logs is shown here.</p>;
  const logs = data.byAge.logs + data.bySize.logs;
  const bytes = data.byAge.bytes + data.bySize.bytes;
  return (
    <p className="quiet" role="status">
      {`There are ${count(data.all.logs)} with ${bytesText(data.all.bytes)}. `}
      {logs === 0
        ? "With these settings none is removed now."
        : `With these settings ${count(logs)} with ${bytesText(bytes)} are removed within the hour; runs keep their records and last lines.`}
    </p>
  );
}

const count = (logs: number): string => `${logs.toLocaleString("en")} ${logs === 1 ? "log" : "logs"}`;
