import type { ReactElement } from "react";
import { Tooltip as AriaTooltip, TooltipTrigger } from "react-aria-components";
import "./tooltip.css";

export interface TooltipProps {
  readonly text: string;
  readonly isDisabled?: boolean;
  readonly children: ReactElement;
}

/** Words on hover and focus for something that can be focused. Never the only place where something is said. */
export function Tooltip({ text, isDisabled = false, children }: TooltipProps) {
  return (
    <TooltipTrigger delay={400} closeDelay={80} isDisabled={isDisabled}>
      {children}
      <AriaTooltip className="tooltip" offset={6}>
        {text}
      </AriaTooltip>
    </TooltipTrigger>
  );
}
