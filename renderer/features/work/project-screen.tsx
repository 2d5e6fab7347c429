import { Page } from "../../ui/page.tsx";

export function ProjectScreen() {
  return <Page title="Project">{null}</Page>;
}
