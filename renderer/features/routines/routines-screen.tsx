import { Page } from "../../ui/page.tsx";

export function RoutinesScreen() {
  return <Page title="Routines">{null}</Page>;
}
