import { Page } from "../../ui/page.tsx";

export function SecretsScreen() {
  return <Page title="Secrets">{null}</Page>;
}
