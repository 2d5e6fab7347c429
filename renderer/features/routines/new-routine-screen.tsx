import { Page } from "../../ui/page.tsx";

export function NewRoutineScreen() {
  return <Page title="New routine">{null}</Page>;
}
