import { Ellipsis } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { Menu as AriaMenu, MenuItem, MenuTrigger, Text } from "react-aria-components";
import { IconButton } from "./button.tsx";
import { OptionPopover } from "./options.tsx";

export interface MenuAction {
  readonly id: string;
  /** Verb and object. */
  readonly label: string;
  readonly icon?: LucideIcon;
  readonly danger?: boolean;
  /** Why it cannot be done now; then it is shown and not to be chosen. */
  readonly unavailable?: string | null;
  act(): void;
}

/** Further actions, behind three dots. */
export function ActionMenu({ label, actions }: { readonly label: string; readonly actions: readonly MenuAction[] }) {
  return (
    <MenuTrigger>
      <IconButton icon={Ellipsis} label={label} />
      <OptionPopover>
        <AriaMenu
          className="options"
          aria-label={label}
          items={actions}
          onAction={(id) => actions.find((action) => action.id === id)?.act()}
          disabledKeys={actions.filter(({ unavailable }) => unavailable).map(({ id }) => id)}
        >
          {({ id, label: words, icon: Icon, danger, unavailable }) => (
            <MenuItem id={id} textValue={words} className={`options-item ${danger ? "options-item-danger" : ""}`}>
              {Icon ? <Icon aria-hidden="true" /> : null}
              <span className="options-words">
                <Text slot="label">{words}</Text>
                {unavailable ? (
                  <Text slot="description" className="quiet small">
                    {unavailable}
                  </Text>
                ) : null}
              </span>
            </MenuItem>
          )}
        </AriaMenu>
      </OptionPopover>
    </MenuTrigger>
  );
}
