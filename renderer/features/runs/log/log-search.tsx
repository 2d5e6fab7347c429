import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronUp } from "lucide-react";
import { useEffect, useState } from "react";
import { failureOf } from "../../../data/failure.ts";
import { useQueries } from "../../../data/panel-context.tsx";
import { IconButton } from "../../../ui/button.tsx";
import { SearchField } from "../../../ui/field.tsx";
import type { LogOf } from "./use-log.ts";

/** Milliseconds without a key after which what was typed is searched for. */
const SETTLED_MS = 200;
const LONGEST = 200;

export interface LogSearchProps {
  readonly of: LogOf;
  /** No line comes any more, so that no further match can be there. */
  readonly complete: boolean;
  /** Says what is searched for, so that it is marked in the lines. */
  onFind(text: string): void;
  /** Goes to a match; null when nothing is searched for. */
  onGo(line: number | null): void;
}

/** Searches the whole log, not just the lines on the page. Enter goes to the next match, Shift with Enter to the one before. */
export function LogSearch({ of, complete, onFind, onGo }: LogSearchProps) {
  const [typed, setTyped] = useState("");
  const [text, setText] = useState("");
  /** The match that is stood at, of the text that it was found for. */
  const [at, setAt] = useState({ text: "", index: -1 });
  useEffect(() => {
    const timer = window.setTimeout(() => setText(typed), SETTLED_MS);
    return () => window.clearTimeout(timer);
  }, [typed]);
  const query = useQuery(
    useQueries().runs.logSearch.queryOptions({
      input: { ...of, text: text || " " },
      enabled: text !== "",
      // A log that is whole says the same whatever runs change, and a long one takes a while to search.
      ...(complete ? { staleTime: "static" as const } : {}),
    }),
  );
  const matches = text === "" || query.data === undefined ? [] : query.data.matches;
  const index = at.text === text ? at.index : -1;

  const go = (next: number) => {
    const line = matches[next];
    if (line === undefined) return;
    setAt({ text, index: next });
    onGo(line);
  };
  const step = (by: 1 | -1) => {
    if (matches.length === 0) return;
    const last = matches.length - 1;
    // Past the end of a log that grows, there may be further ones.
    if (by === 1 && index === last && !complete) void query.refetch();
    if (index < 0) go(by === 1 ? 0 : last);
    else go((index + by + matches.length) % matches.length);
  };
  return (
    <div
      role="search"
      className="log-view-search"
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
        event.preventDefault();
        step(event.shiftKey ? -1 : 1);
      }}
    >
      <SearchField
        label="Search the log"
        maxLength={LONGEST}
        value={typed}
        onChange={(value) => {
          setTyped(value);
          onFind(value);
          if (value === "") {
            setText("");
            onGo(null);
          }
        }}
      />
      <IconButton icon={ChevronUp} label="Previous match" isDisabled={matches.length === 0} onPress={() => step(-1)} />
      <IconButton icon={ChevronDown} label="Next match" isDisabled={matches.length === 0} onPress={() => step(1)} />
      <span className="quiet small tabular" role="status">
        {text === ""
          ? ""
          : query.error !== null
            ? failureOf(query.error).message
            : query.data === undefined
              ? "Searching"
              : counted(index, matches.length, query.data.more)}
      </span>
    </div>
  );
}

function counted(index: number, matches: number, more: boolean): string {
  if (matches === 0) return "Not found";
  const all = `${matches.toLocaleString("en")}${more ? "+" : ""}`;
  if (index >= 0) return `${(index + 1).toLocaleString("en")} of ${all}`;
  return matches === 1 ? "1 line" : `${all} lines`;
}
