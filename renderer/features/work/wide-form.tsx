import type { ReactNode, RefObject } from "react";
import { Form } from "../../ui/field.tsx";
import { Stack } from "../../ui/page.tsx";
import "./wide-form.css";

export interface WideFormProps {
  readonly label: string;
  /** Messages by field name; the same object as long as they are the same. */
  readonly errors: Readonly<Record<string, string>>;
  readonly container: RefObject<HTMLDivElement | null>;
  onSubmit(): void;
  readonly children: ReactNode;
}

/** A form as wide as the page, because of the env in it; its fields stand in `<FormFields>`. */
export function WideForm({ label, errors, container, onSubmit, children }: WideFormProps) {
  return (
    <div ref={container} className="wide-form">
      <Form
        aria-label={label}
        validationErrors={errors}
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <Stack>{children}</Stack>
      </Form>
    </div>
  );
}

/** Fields below each other, as wide as one can read. */
export function FormFields({ children }: { readonly children: ReactNode }) {
  return <div className="wide-form-fields">{children}</div>;
}
