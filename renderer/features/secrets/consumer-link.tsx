import { Link } from "@tanstack/react-router";
import { shortId } from "./secret-words.ts";

export interface ConsumerLinkProps {
  /** `agent`, `project` or `routine`. */
  readonly type: string;
  readonly id: string;
  /** Null where it is not known or gone. */
  readonly name: string | null;
}

/** What uses a secret, with the way to it. */
export function ConsumerLink({ type, id, name }: ConsumerLinkProps) {
  const words = <span dir="auto">{name ?? shortId(id)}</span>;
  switch (type) {
    case "routine":
      return (
        <Link to="/routines/$routineId" params={{ routineId: id }} search={{ tab: "secrets" }}>
          {words}
        </Link>
      );
    case "agent":
      return (
        <Link to="/agents/$agentId" params={{ agentId: id }}>
          {words}
        </Link>
      );
    case "project":
      return (
        <Link to="/projects/$projectId" params={{ projectId: id }}>
          {words}
        </Link>
      );
    default:
      return words;
  }
}
