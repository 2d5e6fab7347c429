import { LoaderCircle } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { ButtonProps as AriaButtonProps } from "react-aria-components";
import { Tooltip } from "./tooltip.tsx";
import "./button.css";

export type ButtonVariant = "primary" | "secondary" | "quiet" | "danger";

/** The look of a button for what is none, such as a link: `<Link className={buttonClass("secondary")}>`. */
export function buttonClass(variant: ButtonVariant = "secondary"): string {
  return `button button-${variant}`;
}

export interface ButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children"> {
  readonly variant?: ButtonVariant;
  readonly icon?: LucideIcon;
  /** What the button does, as verb and object. */
  readonly children: ReactNode;
}

/** A button with words. `isPending` keeps its focus and size while the work goes on. */
export function Button({ variant = "secondary", icon: Icon, children, ...rest }: ButtonProps) {
  const busy = rest.isPending === true;
  return (
    <AriaButton {...rest} className={buttonClass(variant)}>
      {busy ? <LoaderCircle aria-hidden="true" /> : Icon ? <Icon aria-hidden="true" /> : null}
      {children}
    </AriaButton>
  );
}

export interface IconButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children"> {
  readonly icon: LucideIcon;
  /** What it does; it is the button's name and its tooltip. */
  readonly label: string;
  /** For a cross, which everybody knows: the first Escape would close the tooltip, not what the cross closes. */
  readonly withoutTooltip?: boolean;
}

/** A button without words, for what everybody knows: close, remove, more. */
export function IconButton({ icon: Icon, label, withoutTooltip = false, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} isDisabled={withoutTooltip}>
      <AriaButton {...rest} aria-label={label} className="button button-quiet button-icon">
        <Icon aria-hidden="true" />
      </AriaButton>
    </Tooltip>
  );
}
