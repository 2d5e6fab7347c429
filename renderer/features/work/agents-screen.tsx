import { Page } from "../../ui/page.tsx";

export function AgentsScreen() {
  return <Page title="Agents">{null}</Page>;
}
