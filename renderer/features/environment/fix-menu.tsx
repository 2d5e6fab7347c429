import { useNavigate } from "@tanstack/react-router";
import { useCompany } from "../../data/company.tsx";
import { failureOf } from "../../data/failure.ts";
import type { Failure } from "../../data/failure.ts";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { ActionMenu } from "../../ui/menu.tsx";
import type { MenuAction } from "../../ui/menu.tsx";
import { say } from "../../ui/toast.tsx";
import type { Attention } from "./use-env-view.ts";

export interface FixMenuProps {
  readonly attention: Attention;
  /** Of the layer that is being edited. */
  readonly isReadOnly: boolean;
  onUseLatest(): void;
  onChooseAnother(): void;
  onRemove(): void;
  /** Sets the key in this layer, where another one has it. */
  onOverride(): void;
  onFailure(failure: Failure | null): void;
}

/** The ways to mend one reference. */
export function FixMenu(props: FixMenuProps) {
  const { attention, isReadOnly, onUseLatest, onChooseAnother, onRemove, onOverride, onFailure } = props;
  const { key, secretId, problem, row } = attention;
  const company = useCompany();
  const client = useClient();
  const navigate = useNavigate();
  const readOnly = useReadOnly();
  const enable = useAction(async () => {
    onFailure(null);
    try {
      const secret = await client.secrets.enable({ company: company.id, secret: secretId });
      say(`Secret ${secret.key} is enabled.`);
    } catch (error) {
      // Said by the list that the menu stands in; the menu itself is closed by then.
      onFailure(failureOf(error));
    }
  });
  const isThere = problem.code !== "secret_missing" && problem.code !== "secret_foreign";
  const own: MenuAction[] =
    row === null
      ? [{ id: "override", label: "Override here", act: onOverride }]
      : [
          ...(row.version !== "latest" && problem.code.startsWith("version_")
            ? [{ id: "latest", label: "Use the latest version", act: onUseLatest }]
            : []),
          { id: "choose", label: "Choose another secret", act: onChooseAnother },
          { id: "remove", label: `Remove ${key}`, danger: true, act: onRemove },
        ];
  const actions: MenuAction[] = [
    ...(problem.code === "secret_inactive"
      ? [{ id: "enable", label: "Enable secret", unavailable: readOnly, act: () => void enable.run(undefined) }]
      : []),
    ...(problem.code === "vault_locked"
      ? [
          {
            id: "vault",
            label: "Open vault settings",
            act: () => void navigate({ to: "/settings", search: { section: "secrets" } }),
          },
        ]
      : []),
    ...(isReadOnly ? [] : own),
    ...(isThere && problem.code !== "secret_deleted"
      ? [
          {
            id: "open",
            label: "Open secret",
            act: () => void navigate({ to: "/secrets/$secretId", params: { secretId } }),
          },
        ]
      : []),
  ];
  return actions.length === 0 ? null : <ActionMenu label={`Fix ${key}`} words="Fix" actions={actions} />;
}
