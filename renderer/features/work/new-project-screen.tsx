import { Page } from "../../ui/page.tsx";

export function NewProjectScreen() {
  return <Page title="NewProject">{null}</Page>;
}
