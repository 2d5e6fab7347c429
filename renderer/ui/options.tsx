import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { ListBox, ListBoxItem, Popover, Text } from "react-aria-components";
import type { Option } from "./field.tsx";
import "./options.css";

/** What floats below a picker. */
export function OptionPopover({ children }: { readonly children: ReactNode }) {
  return (
    <Popover className="options-popover" offset={4}>
      {children}
    </Popover>
  );
}

/** The options of a picker. Without `options` they come from the picker itself. */
export function OptionList({ options }: { readonly options?: readonly Option[] }) {
  return (
    <ListBox<Option>
      className="options"
      {...(options === undefined ? {} : { items: options })}
      renderEmptyState={() => <p className="options-none">Nothing found</p>}
    >
      {({ id, label, detail, disabled }) => (
        <ListBoxItem id={id} textValue={label} isDisabled={disabled === true} className="options-item">
          <span className="options-words">
            <Text slot="label">{label}</Text>
            {detail === undefined ? null : (
              <Text slot="description" className="quiet small">
                {detail}
              </Text>
            )}
          </span>
          <Check aria-hidden="true" className="options-check" />
        </ListBoxItem>
      )}
    </ListBox>
  );
}
