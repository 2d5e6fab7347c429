import { Page } from "../../ui/page.tsx";

export function ProjectsScreen() {
  return <Page title="Projects">{null}</Page>;
}
