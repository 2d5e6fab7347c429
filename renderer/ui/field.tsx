import { Check, ChevronDown, Minus, Search, X } from "lucide-react";
import { useContext, useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import {
  Checkbox as AriaCheckbox,
  ComboBox as AriaComboBox,
  FieldError,
  Form as AriaForm,
  FormValidationContext,
  Input,
  Label,
  NumberField as AriaNumberField,
  SearchField as AriaSearchField,
  Select as AriaSelect,
  SelectValue,
  Switch as AriaSwitch,
  Text,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  Button as AriaButton,
} from "react-aria-components";
import type {
  CheckboxProps,
  ComboBoxProps as AriaComboBoxProps,
  FormProps,
  NumberFieldProps as AriaNumberFieldProps,
  SearchFieldProps as AriaSearchFieldProps,
  SelectProps as AriaSelectProps,
  SwitchProps,
  TextFieldProps as AriaTextFieldProps,
} from "react-aria-components";
import { OptionList, OptionPopover } from "./options.tsx";
import "./button.css";
import "./field.css";

type Plain<Props> = Omit<Props, "className" | "style" | "children">;

interface Described {
  readonly label: string;
  /** One sentence below the field; it is read out with it. */
  readonly help?: ReactNode;
  /** Says "optional" beside the label. */
  readonly optional?: boolean;
  /** For fields in the rows of a table: the label is only for those who hear the page. */
  readonly labelUnseen?: boolean;
}

type FieldErrors = Readonly<Record<string, string | string[]>>;

const NO_ERRORS: FieldErrors = {};

export interface OwnFormProps extends Omit<FormProps, "className" | "style" | "validationErrors"> {
  /** Messages by field name, such as `action.fieldErrors`. */
  readonly validationErrors?: FieldErrors;
}

/**
 * A form whose fields show the messages of the control plane: `validationErrors={action.fieldErrors}`, by field name. The
 * browser's own bubbles are off; messages stand below their field and are announced. A message goes as soon as its field
 * is edited, not when it is left: the page would move under the press of a button.
 */
export function Form({ children, validationErrors = NO_ERRORS, onSubmit, ...rest }: OwnFormProps) {
  const [edited, setEdited] = useState({ of: NO_ERRORS, names: [] as readonly string[] });
  const outdated = edited.of === validationErrors ? edited.names : [];
  const errors = Object.fromEntries(Object.entries(validationErrors).filter(([name]) => !outdated.includes(name)));
  const onInput = ({ target }: { readonly target: EventTarget }) => {
    if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return;
    if (Object.hasOwn(errors, target.name)) setEdited({ of: validationErrors, names: [...outdated, target.name] });
  };
  const form = useRef<HTMLFormElement>(null);
  const sent = useRef(false);
  // What was sent and refused leads to the first field that is wrong, once.
  useEffect(() => {
    if (!sent.current || Object.keys(validationErrors).length === 0) return;
    sent.current = false;
    form.current?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
  }, [validationErrors]);
  return (
    <AriaForm
      {...rest}
      onSubmit={(event) => {
        sent.current = true;
        onSubmit?.(event);
      }}
      ref={form}
      validationErrors={errors}
      className="field-form"
      validationBehavior="aria"
    >
      <div className="field-form-fields" onInput={onInput}>
        {children}
      </div>
    </AriaForm>
  );
}

/** Messages by field name for fields that stand in no `Form`, such as those of a bar or a dialog without one. */
export function FieldMessages({
  messages,
  children,
}: {
  readonly messages: FieldErrors;
  readonly children: ReactNode;
}) {
  return <FormValidationContext value={messages}>{children}</FormValidationContext>;
}

/** The message about a group of fields as a whole, by the name that the control plane has for it. */
export function GroupMessage({ name }: { readonly name: string }) {
  const message = useContext(FormValidationContext)?.[name];
  return message === undefined ? null : (
    <span className="field-error" role="alert">
      {message}
    </span>
  );
}

export interface TextFieldProps extends Plain<AriaTextFieldProps>, Described {
  readonly placeholder?: string;
  /** For keys, commands, ids. */
  readonly mono?: boolean;
  /** A number of lines makes it a text area. */
  readonly rows?: number;
}

/** One line or, with `rows`, several. For secret values use `type="password"` and `autoComplete="off"`. */
export function TextField({ label, help, optional, labelUnseen, placeholder, mono, rows, ...rest }: TextFieldProps) {
  const look = mono ? "field-input mono" : "field-input";
  return (
    <AriaTextField spellCheck={mono ? "false" : "true"} {...rest} className="field">
      <FieldLabel label={label} optional={optional} unseen={labelUnseen} />
      {rows === undefined ? (
        <Input className={look} placeholder={placeholder ?? ""} />
      ) : (
        <AriaTextArea className={look} rows={rows} placeholder={placeholder ?? ""} />
      )}
      <FieldHelp help={help} />
      <FieldError className="field-error" />
    </AriaTextField>
  );
}

export interface NumberFieldProps extends Plain<AriaNumberFieldProps>, Described {
  readonly placeholder?: string;
}

const PLAIN_NUMBER: Intl.NumberFormatOptions = { useGrouping: false };

/** A number between limits; the arrow keys count. An empty field is NaN. */
export function NumberField({ label, help, optional, labelUnseen, placeholder, ...rest }: NumberFieldProps) {
  return (
    <AriaNumberField formatOptions={PLAIN_NUMBER} {...rest} className="field">
      <FieldLabel label={label} optional={optional} unseen={labelUnseen} />
      <Input className="field-input" placeholder={placeholder ?? ""} />
      <FieldHelp help={help} />
      <FieldError className="field-error" />
    </AriaNumberField>
  );
}

export interface Option {
  readonly id: string;
  readonly label: string;
  /** A second, quiet line. */
  readonly detail?: string;
  /** Shown and not to be chosen, with the reason in `detail`. */
  readonly disabled?: boolean;
}

export interface SelectProps extends Plain<AriaSelectProps<Option>>, Described {
  readonly options: readonly Option[];
  /** Shown while nothing is chosen. */
  readonly placeholder?: string;
}

/** One of a few. `value` and `onChange` speak of option ids. */
export function Select({ label, help, optional, labelUnseen, options, ...rest }: SelectProps) {
  return (
    <AriaSelect {...rest} className="field">
      <FieldLabel label={label} optional={optional} unseen={labelUnseen} />
      <AriaButton className="field-input field-select">
        <SelectValue className="truncate" dir="auto">
          {({ selectedText, isPlaceholder, defaultChildren }) => (isPlaceholder ? defaultChildren : selectedText)}
        </SelectValue>
        <ChevronDown aria-hidden="true" />
      </AriaButton>
      <FieldHelp help={help} />
      <FieldError className="field-error" />
      <OptionPopover>
        <OptionList options={options} />
      </OptionPopover>
    </AriaSelect>
  );
}

export interface ComboBoxProps extends Plain<AriaComboBoxProps<Option>>, Described {
  readonly options: readonly Option[];
  readonly placeholder?: string;
  readonly mono?: boolean;
}

/** One of many, found by typing. With `onInputChange` the caller searches; without it the options are filtered. */
export function ComboBox({ label, help, optional, labelUnseen, options, placeholder, mono, ...rest }: ComboBoxProps) {
  // React Aria filters what it is given by default, and leaves alone what is given as it is.
  const given = rest.onInputChange === undefined ? { defaultItems: options } : { items: options };
  return (
    <AriaComboBox {...rest} {...given} className="field">
      <FieldLabel label={label} optional={optional} unseen={labelUnseen} />
      <div className="field-combo">
        <Input className={mono ? "field-input mono" : "field-input"} placeholder={placeholder ?? ""} />
        <AriaButton className="button button-quiet button-icon">
          <ChevronDown aria-hidden="true" />
        </AriaButton>
      </div>
      <FieldHelp help={help} />
      <FieldError className="field-error" />
      <OptionPopover>
        <OptionList />
      </OptionPopover>
    </AriaComboBox>
  );
}

export interface SearchFieldProps extends Plain<AriaSearchFieldProps> {
  readonly label: string;
  readonly placeholder?: string;
}

/** Searches a list; its label is for those who hear the page. */
export function SearchField({ label, placeholder, ...rest }: SearchFieldProps) {
  return (
    <AriaSearchField {...rest} aria-label={label} className="field-search">
      <Search aria-hidden="true" />
      <Input className="field-input" placeholder={placeholder ?? label} />
      <AriaButton className="button button-quiet button-icon">
        <X aria-hidden="true" />
      </AriaButton>
    </AriaSearchField>
  );
}

/** A choice of its own that takes effect when the form is saved. */
export function Checkbox({ children, ...rest }: Plain<CheckboxProps> & { readonly children: ReactNode }) {
  return (
    <AriaCheckbox {...rest} className="field-toggle">
      {({ isSelected, isIndeterminate }) => (
        <>
          <span className="field-box" aria-hidden="true">
            {isIndeterminate ? <Minus /> : isSelected ? <Check /> : null}
          </span>
          {children}
        </>
      )}
    </AriaCheckbox>
  );
}

/** A state that changes at once. */
export function Switch({ children, ...rest }: Plain<SwitchProps> & { readonly children: ReactNode }) {
  return (
    <AriaSwitch {...rest} className="field-toggle">
      <span className="field-track" aria-hidden="true" />
      {children}
    </AriaSwitch>
  );
}

function FieldLabel({
  label,
  optional,
  unseen,
}: {
  readonly label: string;
  readonly optional: boolean | undefined;
  readonly unseen: boolean | undefined;
}) {
  return (
    <Label className={unseen ? "unseen" : "field-label"}>
      {label}
      {optional ? <span className="field-optional"> optional</span> : null}
    </Label>
  );
}

function FieldHelp({ help }: { readonly help: ReactNode }) {
  return help === undefined ? null : (
    <Text slot="description" className="field-help">
      {help}
    </Text>
  );
}
