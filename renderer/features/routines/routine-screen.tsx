import { Page } from "../../ui/page.tsx";

export function RoutineScreen() {
  return <Page title="Routine">{null}</Page>;
}
