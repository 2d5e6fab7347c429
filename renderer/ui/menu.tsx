import { ChevronDown, Ellipsis } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { Menu as AriaMenu, MenuItem, MenuTrigger, Text } from "react-aria-components";
import { Button, IconButton } from "./button.tsx";
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

export interface ActionMenuProps {
  /** What the actions are for; the button's name. */
  readonly label: string;
  /** Words on the button, such as "Fix"; without them it has three dots. */
  readonly words?: string;
  readonly actions: readonly MenuAction[];
}

/** Further actions, behind three dots or a word. */
export function ActionMenu({ label, words: shown, actions }: ActionMenuProps) {
  return (
    <MenuTrigger>
      {shown === undefined ? (
        <IconButton icon={Ellipsis} label={label} />
      ) : (
        <Button aria-label={label}>
          {shown}
          <ChevronDown aria-hidden="true" />
        </Button>
      )}
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
